import { createSigningKey, type SigningKey, signRs256 } from '@entra-agents/tokens/testing/token-issuer'
import type { Json } from './recording.ts'

const entraKey = createSigningKey('k1')
const nextKey = createSigningKey('k2')

const signBy = (key: SigningKey) => (claims: Json) =>
  signRs256({ typ: 'JWT', alg: 'RS256', kid: key.kid }, claims, key)

export const signByEntra = signBy(entraKey)
/** Signs with the key that Entra has after a rotation. */
export const signByNewKey = signBy(nextKey)
/** Signs with a foreign key, but names the id of Entra's key in the header. */
export const signByStranger = signBy(createSigningKey(entraKey.kid))

/** Entra's public keys (RFC 7517): the current one, and the next. */
export const oldJwk = toJwk(entraKey)
export const newJwk = toJwk(nextKey)

function toJwk({ kid, publicKey }: SigningKey): Json {
  return { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }
}
