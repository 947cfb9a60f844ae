import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Json } from './recording.ts'

const entraKeys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const newKeys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const foreignKeys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keyId = 'k1'
const newKeyId = 'k2'

/** Signs with Entra's key. */
export function signByEntra(claims: Json): string {
  return signToken(claims, entraKeys.privateKey)
}

/** Signs with the key that Entra has after a rotation. */
export function signByNewKey(claims: Json): string {
  return signToken(claims, newKeys.privateKey, newKeyId)
}

/** Signs with a foreign key, but names the id of Entra's key in the header. */
export function signByStranger(claims: Json): string {
  return signToken(claims, foreignKeys.privateKey)
}

/** Entra's public keys (RFC 7517): the current one, and the next. */
export const oldJwk = toJwk(entraKeys.publicKey, keyId)
export const newJwk = toJwk(newKeys.publicKey, newKeyId)

function toJwk(key: KeyObject, kid: string): Json {
  return { ...key.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }
}

function signToken(claims: Json, key: KeyObject, kid = keyId): string {
  const unsigned = [{ typ: 'JWT', alg: 'RS256', kid }, claims].map(encode).join('.')
  return `${unsigned}.${sign('sha256', Buffer.from(unsigned), key).toString('base64url')}`
}

/** Header and claims of a token; `undefined` if it is no JWT. */
export function decodeToken(token: string): { readonly header: Json; readonly claims: Json } | undefined {
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
