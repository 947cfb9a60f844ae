import { SignJWT } from 'jose'
import type { Entra } from '../entra.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface IssuedToken {
  readonly jwt: string
  readonly expiresInSeconds: number
}

/** Entra dates its tokens back, so that a verifier whose clock is slow takes them at once. */
const datedBackSeconds = 300

/** Signs claims with the current key and adds `iat`, `nbf` and `exp`. A lifetime below zero makes an expired token. */
export async function sign(
  entra: Entra,
  claims: Claims,
  lifetimeSeconds = entra.tokenLifetimeSeconds,
): Promise<IssuedToken> {
  const key = await entra.keys.current()
  const now = entra.clock.nowSeconds()
  const exp = now + lifetimeSeconds
  const iat = Math.min(now, exp) - datedBackSeconds
  const jwt = await new SignJWT({ ...claims, iat, nbf: iat, exp, ...timesOf(claims) })
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: key.kid, x5t: key.kid })
    .sign(key.privateKey)
  return { jwt, expiresInSeconds: lifetimeSeconds }
}

/** Times that a caller set itself win. */
function timesOf(claims: Claims): Claims {
  return Object.fromEntries(
    ['iat', 'nbf', 'exp'].filter(name => claims[name] !== undefined).map(name => [name, claims[name]]),
  )
}
