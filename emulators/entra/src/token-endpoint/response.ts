import type { IssuedToken } from '../tokens/jwt.ts'

/** A successful response of the token endpoint (RFC 6749 §5.1, with Entra's additions). */
export interface TokenResponse {
  readonly token_type: 'Bearer'
  readonly scope?: string
  readonly expires_in: number
  readonly ext_expires_in: number
  readonly refresh_in?: number
  readonly access_token: string
  readonly refresh_token?: string
  readonly refresh_token_expires_in?: number
  readonly id_token?: string
  readonly client_info?: string
}

/** From this lifetime on Entra tells clients to renew at half time. */
const refreshInFromSeconds = 7_200

export function tokenResponse(
  { jwt, expiresInSeconds }: IssuedToken,
  more: Partial<TokenResponse> = {},
): TokenResponse {
  return {
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    ext_expires_in: expiresInSeconds,
    ...(expiresInSeconds >= refreshInFromSeconds ? { refresh_in: Math.floor(expiresInSeconds / 2) } : {}),
    access_token: jwt,
    ...more,
  }
}
