import { createHash } from 'node:crypto'
import { parseJwt } from '../jwt.ts'
import type { User } from '../tokens/token-request.ts'
import type { TokenValidator } from './token-validator.ts'

export interface Authentication {
  /** The caller, if they sent a valid token. */
  readonly user?: User
  /** Why the token is refused: what the response says about it, which may be nothing. */
  readonly fault?: string
}

/** Checks the token of an Authorization header; other schemes than Bearer count as no token. */
export async function authenticate(authorization: string | undefined, validator: TokenValidator) {
  const token = /^bearer (.*)$/i.exec(authorization ?? '')?.[1]?.trim()
  if (!token) return {}
  const jwt = parseJwt(token)
  if (!jwt) return { fault: '' }
  const fault = await validator.findFault(jwt)
  if (fault !== undefined) return { fault }
  const tokenHash = createHash('sha256').update(token).digest('base64url')
  return { user: { token, tokenHash, claims: jwt.claims } }
}

/** The `WWW-Authenticate` header of a 401 (RFC 6750 §3). */
export function challengeHeader({ fault }: Authentication): string {
  if (fault === undefined) return 'Bearer'
  return `Bearer error="invalid_token"${fault && `, error_description="${fault}"`}`
}
