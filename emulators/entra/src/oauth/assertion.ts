import { decodeJwt, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters } from 'jose'
import type { Entra } from '../entra.ts'
import { refusal, timestampOf } from '../errors/entra-error.ts'
import { isWithinLifetime } from '../tokens/jwt.ts'

/** A JWT that was presented as an assertion (RFC 7523). */
export interface Assertion {
  readonly jwt: string
  readonly header: ProtectedHeaderParameters
  readonly claims: JWTPayload
}

/** Takes a JWT apart without trusting it. */
export function readAssertion(jwt: string): Assertion {
  try {
    return { jwt, header: decodeProtectedHeader(jwt), claims: decodeJwt(jwt) }
  } catch {
    throw refusal(50027, { why: 'it is no signed JWT' })
  }
}

export function checkLifetime(entra: Entra, claims: JWTPayload, code: 700024 | 500133): void {
  if (isWithinLifetime(entra, claims)) return
  const { exp } = claims
  throw refusal(code, {
    now: timestampOf(entra.clock.nowMs()),
    expiry: exp === undefined ? 'none' : timestampOf(exp * 1000),
  })
}
