import { createHash } from 'node:crypto'
import type { JsonObject } from '../json.ts'
import { textClaim } from './jwt.ts'
import type { TokenFault, TokenValidator } from './token-validator.ts'

/** Whoever called with a token of their own that was found good. */
export interface SignedInPerson {
  readonly token: string
  /** SHA-256 of the token: what caches know it by. */
  readonly tokenHash: string
  readonly claims: JsonObject
  readonly objectId: string | undefined
  readonly tenantId: string | undefined
}

export interface Authentication {
  readonly person: SignedInPerson | undefined
  /** Why a token that was sent does not count. */
  readonly fault: TokenFault | undefined
}

const nobody: Authentication = { person: undefined, fault: undefined }

/** Looks at an Authorization header; schemes other than Bearer count as none. */
export async function authenticate(
  authorization: string | undefined,
  validator: TokenValidator,
): Promise<Authentication> {
  const [, token] = /^bearer (.*)$/i.exec(authorization ?? '') ?? []
  const trimmed = token?.trim()
  if (!trimmed) return nobody
  const verdict = await validator.validate(trimmed)
  if (verdict.fault) return { person: undefined, fault: verdict.fault }
  const { claims } = verdict
  return {
    fault: undefined,
    person: {
      token: trimmed,
      tokenHash: createHash('sha256').update(trimmed).digest('base64url'),
      claims,
      objectId: textClaim(claims, 'oid'),
      tenantId: textClaim(claims, 'tid'),
    },
  }
}

/** The `WWW-Authenticate` header for somebody who may not pass (RFC 6750 §3). */
export function challenge({ fault }: Authentication): string {
  if (!fault) return 'Bearer'
  const description = fault.description === undefined ? '' : `, error_description="${fault.description}"`
  return `Bearer error="invalid_token"${description}`
}
