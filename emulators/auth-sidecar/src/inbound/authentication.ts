import { createHash } from 'node:crypto'
import { parseJwt } from '../jwt.ts'
import type { User } from '../tokens/token-request.ts'
import type { TokenFault, TokenValidator } from './token-validator.ts'

export interface Authentication {
  /** The caller, if they sent a valid token. */
  readonly user?: User
  readonly fault?: TokenFault
}

/** Checks the token of an Authorization header; other schemes than Bearer count as no token. */
export async function authenticate(authorization: string | undefined, validator: TokenValidator) {
  const token = /^bearer (.*)$/i.exec(authorization ?? '')?.[1]?.trim()
  if (!token) return {}
  const jwt = parseJwt(token)
  if (!jwt) return { fault: { description: undefined } }
  const fault = await validator.findFault(jwt)
  if (fault) return { fault }
  const tokenHash = createHash('sha256').update(token).digest('base64url')
  return { user: { token, tokenHash, claims: jwt.claims } }
}

/** The `WWW-Authenticate` header of a 401 (RFC 6750 §3). */
export function challengeHeader({ fault }: Authentication): string {
  if (!fault) return 'Bearer'
  const description = fault.description === undefined ? '' : `, error_description="${fault.description}"`
  return `Bearer error="invalid_token"${description}`
}
