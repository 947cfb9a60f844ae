import { compactVerify, decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose'
import type { Entra } from '../entra.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface IssuedToken {
  readonly jwt: string
  readonly expiresInSeconds: number
}

/** Entra dates its tokens back, so that a verifier whose clock is slow takes them at once. */
const datedBackSeconds = 300

/** How far the clock of whoever made a token may be ahead; a token is over when it says so. */
const toleranceSeconds = 300

/** Signs claims with the current key; `iat`, `nbf` and `exp` are added unless given. A lifetime below zero makes an expired token. */
export async function sign(
  entra: Entra,
  claims: Claims,
  lifetimeSeconds = entra.settings.current.tokenLifetimeSeconds,
): Promise<IssuedToken> {
  const key = await entra.keys.current()
  const now = entra.clock.nowSeconds()
  const exp = now + lifetimeSeconds
  const iat = Math.min(now, exp) - datedBackSeconds
  const jwt = await new SignJWT({ iat, nbf: iat, exp, ...claims })
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: key.kid, x5t: key.kid })
    .sign(key.privateKey)
  return { jwt, expiresInSeconds: lifetimeSeconds }
}

/** Claims of a token that this tenant signed, its times not looked at; `undefined` for every other token. */
export async function readOwnToken(entra: Entra, jwt: string): Promise<JWTPayload | undefined> {
  try {
    const key = await entra.keys.find(decodeProtectedHeader(jwt).kid)
    if (!key) return undefined
    // Only the signature: the caller tells an expired token from a foreign one.
    await compactVerify(jwt, key.publicKey, { algorithms: ['RS256'] })
    const payload = decodeJwt(jwt)
    return [entra.issuerV1, entra.issuerV2].includes(payload.iss ?? '') ? payload : undefined
  } catch {
    return undefined
  }
}

export function isWithinLifetime(entra: Entra, { nbf, exp }: JWTPayload): boolean {
  const now = entra.clock.nowSeconds()
  return exp !== undefined && exp > now && (nbf ?? 0) - toleranceSeconds <= now
}
