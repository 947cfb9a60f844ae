import { compactVerify, decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose'
import type { Entra } from '../entra.ts'

export type Claims = Readonly<Record<string, unknown>>

export type IssuedToken = Awaited<ReturnType<typeof signToken>>

/** Entra backdates `nbf` and `iat` by this much, so that verifiers whose clock is slow take the token. */
const backdatedSeconds = 300

/** By how much the issuer's clock may be ahead of the verifier's. Expiry has no tolerance. */
const toleranceSeconds = 300

/** Signs claims with the current key; adds `iat`, `nbf` and `exp` unless given. A negative lifetime makes an expired token. */
export async function signToken(
  entra: Entra,
  claims: Claims,
  lifetimeSeconds = entra.settings.current.tokenLifetimeSeconds,
) {
  const isV2 = claims['ver'] === '2.0'
  const key = await entra.keys.current()
  const now = entra.clock.nowSeconds()
  const exp = now + lifetimeSeconds
  const iat = Math.min(now, exp) - backdatedSeconds
  const jwt = await new SignJWT({ iat, nbf: iat, exp, ...claims })
    // Only tokens of version 1 name the key by `x5t` too.
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: key.kid, ...(isV2 ? {} : { x5t: key.kid }) })
    .sign(key.privateKey)
  return { jwt, expiresInSeconds: lifetimeSeconds }
}

/** Claims of a token that this tenant signed, expired or not; `undefined` for all others. */
export async function readOwnToken(entra: Entra, jwt: string): Promise<JWTPayload | undefined> {
  try {
    const key = await entra.keys.find(decodeProtectedHeader(jwt).kid)
    if (!key) return undefined
    // Only the signature is verified: callers refuse expired tokens with codes of their own.
    await compactVerify(jwt, key.publicKey, { algorithms: ['RS256'] })
    const payload = decodeJwt(jwt)
    return [entra.issuerV1, entra.issuerV2].includes(payload.iss ?? '') ? payload : undefined
  } catch {
    return undefined
  }
}

/** What a token says, before anybody has checked it; nothing if it is none. */
export function uncheckedClaims(jwt: string): Claims {
  try {
    return decodeJwt(jwt)
  } catch {
    return {}
  }
}

export function isWithinLifetime(entra: Entra, { nbf, exp }: JWTPayload): boolean {
  const now = entra.clock.nowSeconds()
  return exp !== undefined && exp > now && (nbf ?? 0) - toleranceSeconds <= now
}

const tokenFields =
  /^(authorization|client_assertion|assertion|user_federated_identity_credential|access_token|id_token)$/
const maxLength = 4_000

/** What the request log keeps of tokens: their claims without signatures, or only `uti`, by which requests are joined. */
export function claimsToKeep({ config }: Entra, fields: Readonly<Record<string, unknown>>) {
  const tokens = Object.entries(fields).filter(([name, jwt]) => tokenFields.test(name) && jwt !== undefined)
  return Object.fromEntries(tokens.map(([name, jwt]) => [name, claimsOf(String(jwt), config.keepsClaims)]))
}

function claimsOf(jwt: string, keepsAll: boolean): Claims {
  try {
    const { uti: id, ...others } = decodeJwt<{ uti?: unknown }>(jwt)
    const uti = typeof id === 'string' ? id : undefined
    if (!keepsAll) return { uti }
    return JSON.stringify(others).length > maxLength
      ? { uti, '…': 'too long to be kept' }
      : { uti, ...others }
  } catch {
    // It is no JWT, or is nested too deeply to be written.
    return {}
  }
}
