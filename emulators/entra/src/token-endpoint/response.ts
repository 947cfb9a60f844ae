import type { IssuedToken } from '../tokens/jwt.ts'

/** A successful response of the token endpoint (RFC 6749 §5.1, with Entra's additions). */
export type TokenResponse = Readonly<Record<string, string | number>>

/** With a token that is valid for at least this long, Entra sends `refresh_in`: half of its lifetime. */
const refreshInFromSeconds = 7_200

export function tokenResponse({ jwt, expiresInSeconds }: IssuedToken, more: TokenResponse = {}) {
  return {
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    ext_expires_in: expiresInSeconds,
    ...(expiresInSeconds >= refreshInFromSeconds ? { refresh_in: Math.floor(expiresInSeconds / 2) } : {}),
    access_token: jwt,
    ...more,
  }
}
