import type { AccessNeeds } from './access.ts'
import { describeContextChallenge } from './authentication-context.ts'
import { DenyListUnavailable } from './deny-list/deny-list.ts'
import { type ProblemWords, tokenProblems } from './problem-texts.ts'
import { metadataPointer, type ProtectedResource } from './protected-resource.ts'
import { type CheckName, type FailedCheck, SigningKeysUnavailable, TokenRefused } from './token-refused.ts'

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

/** What refusals say of an API. */
export interface RefusalTexts extends ProtectedResource {
  readonly codePrefix: string
  readonly problems?: Readonly<Record<string, ProblemWords>>
}

/**
 * Turns an error of the token check into a refusal with a challenge, which has no error code if there was no token
 * (RFC 6750 §3.1). `undefined` for other errors.
 *
 * @param verified the checks of the token that passed before the error
 */
export function explainRefusal(
  error: unknown,
  api: RefusalTexts,
  needs: AccessNeeds,
  verified: readonly CheckName[],
): AccessRefused | undefined {
  if (error instanceof TokenRefused) return explainToken(error, api, needs, verified)
  const retry = { 'retry-after': '5' }
  if (error instanceof DenyListUnavailable)
    return new AccessRefused(describe(api, 'DENY_LIST_UNAVAILABLE', error), retry, error)
  if (!(error instanceof SigningKeysUnavailable)) return undefined
  const upstream = { service: 'entra' }
  return new AccessRefused(describe(api, 'SIGNING_KEYS_UNAVAILABLE', error, { upstream }), retry, error)
}

function explainToken(
  error: TokenRefused,
  api: RefusalTexts,
  needs: AccessNeeds,
  verified: readonly CheckName[],
): AccessRefused {
  const { failedCheck, message, passed } = error
  const challenge = `Bearer realm="${api.name}"`
  const pointer = metadataPointer(api, needs)
  if (failedCheck === undefined)
    return new AccessRefused(
      describe(api, 'TOKEN_MISSING', error, { checks: [] }),
      { 'www-authenticate': `${challenge}${pointer}` },
      error,
    )
  const isForbidden = error instanceof AccessForbidden
  const checks = [...verified, ...passed].map(name => ({ name, ok: true }))
  const problem = describe(api, isForbidden ? codeOf(failedCheck) : 'TOKEN_REJECTED', error, {
    failedCheck,
    checks: [...checks, { name: failedCheck, ok: false }],
  })
  const code = isForbidden ? 'insufficient_scope' : 'invalid_token'
  const described = `${challenge}, error="${code}", error_description="${failedCheck}: ${message}"${pointer}`
  const { authenticationContext: context } = needs
  const isContext = isForbidden && failedCheck === 'context' && context !== undefined
  return new AccessRefused(
    problem,
    {
      'www-authenticate': isContext
        ? describeContextChallenge(api.authority, api.tenantId, context)
        : described,
    },
    error,
  )
}

/** The code for a caller that may not use the API. */
function codeOf(failedCheck: string): 'CONTEXT_MISSING' | 'DENIED' | 'FORBIDDEN' {
  if (failedCheck === 'context') return 'CONTEXT_MISSING'
  return failedCheck === 'deny-list' ? 'DENIED' : 'FORBIDDEN'
}

function describe(
  { codePrefix, problems = {} }: RefusalTexts,
  kind: keyof typeof tokenProblems,
  { message: detail }: Error,
  more: Partial<RefusalProblem> = {},
): RefusalProblem {
  const code = tokenProblems[kind].status === 503 ? kind : `${codePrefix}_${kind}`
  const { title, status, hint } = problems[code] ?? tokenProblems[kind]
  const type = `urn:entra-bedrock-agent:problem:${code.toLowerCase().replaceAll('_', '-')}`
  return { type, title, status, detail, code, hint, ...more }
}
