import type { AccessNeeds } from './access.ts'
import { describeContextChallenge } from './authentication-context.ts'
import { DenyListUnavailable } from './deny-list/deny-list.ts'
import type { CheckedOptions } from './options.ts'
import { tokenProblems } from './problem-texts.ts'
import { metadataPointer } from './protected-resource.ts'
import {
  type CheckName,
  type FailedCheck,
  isSigningKeysUnavailable,
  isTokenRefused,
  TokenRefused,
} from './token-refused.ts'

/** The body of a refusal (RFC 9457). */
export interface RefusalProblem {
  readonly type: string
  readonly title: string
  readonly status: number
  /** What happened, in one sentence. */
  readonly detail: string
  /** Stable, such as `TASKS_API_FORBIDDEN`. */
  readonly code: string
  /** What to do about it, in one sentence. */
  readonly hint: string
  /** The check that failed; missing if there was no token, or nothing could be decided. */
  readonly failedCheck?: FailedCheck
  /** The checks that were made, in their order: all passed but the last. */
  readonly checks?: readonly { readonly name: FailedCheck; readonly ok: boolean }[]
  readonly upstream?: { readonly service: string }
}

/** A request is not let in: status, headers and body of the response to it. */
export class AccessRefused extends Error {
  override readonly name = 'AccessRefused'
  /** 401 or 403; 503 if it cannot be decided now. */
  readonly status: number
  /** `content-type`; `www-authenticate` (RFC 6750) with 401 and 403, `retry-after` with 503. */
  readonly headers: Readonly<Record<string, string>>
  readonly problem: RefusalProblem

  constructor(problem: RefusalProblem, headers: Readonly<Record<string, string>>, cause: unknown) {
    super(problem.detail, { cause })
    this.status = problem.status
    this.headers = { 'content-type': 'application/problem+json', ...headers }
    this.problem = problem
  }

  get failedCheck(): FailedCheck | undefined {
    return this.problem.failedCheck
  }

  toResponse(): Response {
    return Response.json(this.problem, { status: this.status, headers: this.headers })
  }
}

/** The token is valid, but its caller may not make the call. */
export class AccessForbidden extends TokenRefused {
  override readonly name: string = 'AccessForbidden'
}

/**
 * Turns an error of the token check into a refusal; `undefined` for other errors.
 *
 * @param verified the checks of the token that passed before the error
 */
export function explainRefusal(
  error: unknown,
  api: CheckedOptions,
  needs: AccessNeeds,
  verified: readonly CheckName[],
): AccessRefused | undefined {
  const refuse = (
    kind: keyof typeof tokenProblems,
    { message: detail }: Error,
    headers: AccessRefused['headers'],
    more: Partial<RefusalProblem>,
  ) => {
    const code = tokenProblems[kind].status === 503 ? kind : `${api.codePrefix}_${kind}`
    const { title, status, hint } = api.problems?.[code] ?? tokenProblems[kind]
    const type = `urn:entra-bedrock-agent:problem:${code.toLowerCase().replaceAll('_', '-')}`
    return new AccessRefused({ type, title, status, detail, code, hint, ...more }, headers, error)
  }
  const later = { 'retry-after': '5' }
  if (error instanceof DenyListUnavailable) return refuse('DENY_LIST_UNAVAILABLE', error, later, {})
  if (isSigningKeysUnavailable(error))
    return refuse('SIGNING_KEYS_UNAVAILABLE', error, later, { upstream: { service: 'entra' } })
  if (!isTokenRefused(error)) return undefined
  const { failedCheck } = error
  const passed = [...verified, ...error.passed].map(name => ({ name, ok: true }))
  return refuse(
    kindOf(error),
    error,
    { 'www-authenticate': challengeOf(error, api, needs) },
    failedCheck === undefined
      ? { checks: [] }
      : { failedCheck, checks: [...passed, { name: failedCheck, ok: false }] },
  )
}

function kindOf(error: TokenRefused): keyof typeof tokenProblems {
  const { failedCheck } = error
  if (failedCheck === undefined) return 'TOKEN_MISSING'
  if (!(error instanceof AccessForbidden)) return 'TOKEN_REJECTED'
  if (failedCheck === 'context') return 'CONTEXT_MISSING'
  return failedCheck === 'deny-list' ? 'DENIED' : 'FORBIDDEN'
}

/** The challenge, which has no error code if there was no token (RFC 6750 §3.1). */
function challengeOf(error: TokenRefused, api: CheckedOptions, needs: AccessNeeds): string {
  const { failedCheck, message } = error
  const isForbidden = error instanceof AccessForbidden
  const { authenticationContext: context } = needs
  if (isForbidden && failedCheck === 'context' && context !== undefined)
    return describeContextChallenge(api.authority, api.tenantId, context)
  const code = isForbidden ? 'insufficient_scope' : 'invalid_token'
  const described =
    failedCheck === undefined ? '' : `, error="${code}", error_description="${failedCheck}: ${message}"`
  return `Bearer realm="${api.name}"${described}${metadataPointer(api, needs)}`
}
