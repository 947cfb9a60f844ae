import { compactVerify, decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'
import type { Entra } from '../entra.ts'

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

/** How far the clock of whoever made a token may be ahead; a token is over when it says so. */
const toleranceSeconds = 300

export function isWithinLifetime(entra: Entra, { nbf, exp }: JWTPayload): boolean {
  const now = entra.clock.nowSeconds()
  return exp !== undefined && exp > now && (nbf ?? 0) - toleranceSeconds <= now
}
