import { createHash } from 'node:crypto'
import { parseJwt } from '../jwt.ts'
import type { User } from '../tokens/token-request.ts'
import type { TokenFault, TokenValidator } from './token-validator.ts'

export interface Authentication {
  /** Whoever called with a token of their own that was found good. */
  readonly user?: User
  /** Why a token that was sent does not count. */
  readonly fault?: TokenFault
}

/** Looks at an Authorization header; schemes other than Bearer count as none. */
export async function authenticate(
  authorization: string | undefined,
  validator: TokenValidator,
): Promise<Authentication> {
  const token = /^bearer (.*)$/i.exec(authorization ?? '')?.[1]?.trim()
  if (!token) return {}
  const jwt = parseJwt(token)
  if (!jwt) return { fault: { description: undefined } }
  const fault = await validator.findFault(jwt)
  if (fault) return { fault }
  const tokenHash = createHash('sha256').update(token).digest('base64url')
  return { user: { token, tokenHash, claims: jwt.claims } }
}

/** The `WWW-Authenticate` header for somebody who may not pass (RFC 6750 §3). */
export function challenge({ fault }: Authentication): string {
  if (!fault) return 'Bearer'
  const description = fault.description === undefined ? '' : `, error_description="${fault.description}"`
  return `Bearer error="invalid_token"${description}`
}
