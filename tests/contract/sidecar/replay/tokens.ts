import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Json } from './recording.ts'

const entraKeys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const foreignKeys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keyId = 'k1'

/** Signed as Entra would sign it. */
export function signByEntra(claims: Json): string {
  return signToken(claims, entraKeys.privateKey)
}

/** Signed by somebody else under the name of Entra's key. */
export function signByStranger(claims: Json): string {
  return signToken(claims, foreignKeys.privateKey)
}

/** Entra's public keys (RFC 7517). */
export const entraJwks = {
  keys: [{ ...entraKeys.publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'RS256' }],
}

function signToken(claims: Json, key: KeyObject): string {
  const unsigned = [{ typ: 'JWT', alg: 'RS256', kid: keyId }, claims].map(encode).join('.')
  return `${unsigned}.${sign('sha256', Buffer.from(unsigned), key).toString('base64url')}`
}

/** Header and claims of a token; `undefined` for what is no JWT. */
export function takeApart(token: string): { readonly header: Json; readonly claims: Json } | undefined {
  const [header = '', claims = ''] = token.split('.')
  try {
    return { header: decode(header), claims: decode(claims) }
  } catch {
    return undefined
  }
}

function encode(value: Json): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode(segment: string): Json {
  return JSON.parse(Buffer.from(segment, 'base64url').toString()) as Json
}
