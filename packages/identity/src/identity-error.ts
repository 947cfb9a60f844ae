import { isProblem, type ProblemError, problemMark } from '@entra-agents/service-kit'
import type { NeededRight, Problem } from '@entra-agents/trace'

/** What can go wrong with identities, tokens and calls of APIs. */
// biome-ignore format: table
export type IdentityErrorCode =
  | 'SIGN_IN_REQUIRED' | 'SIGN_IN_NOT_CONFIGURED' | 'USER_TOKEN_INVALID' | 'USER_TOKEN_EXPIRED' | 'USER_TOKEN_WRONG_AUDIENCE' | 'USER_TOKEN_SCOPE_MISSING'
  | 'CONSENT_REQUIRED' | 'CONDITIONAL_ACCESS_REQUIRED' | 'STEP_UP_REQUIRED' | 'STEP_UP_NOT_CARRIED'
  | 'SIDECAR_UNREACHABLE' | 'SIDECAR_REFUSED_CALLER' | 'SIDECAR_MISCONFIGURED' | 'SIDECAR_FAILED'
  | 'BLUEPRINT_CREDENTIAL_REJECTED' | 'FEDERATION_MISMATCH' | 'AGENT_NOT_PERMITTED' | 'AGENT_DISABLED' | 'AGENT_USER_NOT_CONSENTED' | 'AGENT_USER_UNUSABLE'
  | 'ENTRA_UNAVAILABLE' | 'ENTRA_REFUSED' | 'AGENT_IDENTITY_NOT_HONOURED' | 'TOKEN_FLOW_MISMATCH'
  | 'API_TOKEN_REJECTED' | 'API_FORBIDDEN' | 'API_UNAVAILABLE' | 'API_ECHOED_TOKEN' | 'INVALID_REQUEST'
  | 'PROXY_AUTHENTICATION_FAILED' | 'PROXY_REFUSED' | 'PROXY_UNAVAILABLE' | 'PROXY_BREAKS_TLS' | 'INTERNAL_ERROR'

/** Everything that this package throws, but for an AbortSignal's own reason, and TypeErrors for what can never work. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError'
  readonly #problem: ProblemError
  /** Stable, for a `switch`. */
  readonly code: IdentityErrorCode
  /**
   * The HTTP status that fits if the error is passed on: 401 and 403 are about the user and 400 about the request; with 502 something has
   * to be set up; after 503 a later try may succeed.
   */
  readonly status: number
  /** What to do about it, in one sentence. */
  readonly fix: string
  /** Who refused: the service, its status, and Entra's AADSTS code with the ids of its sign-in log. */
  readonly upstream: Problem['upstream']
  /** The app role or scope that is missing, if that is the cause. */
  readonly needs: NeededRight | undefined
  /** Whether a Conditional Access policy refused, and no sign-in changes that. */
  readonly blockedByPolicy: boolean
  /** Object ids of the policies that refused, as far as Entra named them: it does so to msal-node only. */
  readonly policyIds: readonly string[]
  /** A claims challenge (JSON text) for MSAL in the browser; the token that it leads to goes into `as(…, { user, claims })`. */
  readonly claimsChallenge: string | undefined
  /** Headers for the response, such as `www-authenticate`. */
  readonly headers: Readonly<Record<string, string>>

  /** @internal */
  constructor(problem: ProblemError) {
    super(problem.message, { cause: problem.options.cause })
    this.#problem = problem
    this.code = problem.code as IdentityErrorCode
    const document = problem.toDocument('') as Problem
    const { status, hint: fix, upstream, needs, claimsChallenge } = document
    const { blockedByPolicy = false, policyIds = [] } = document
    this.status = status
    this.fix = fix
    this.upstream = upstream
    this.needs = needs
    this.claimsChallenge = claimsChallenge
    this.blockedByPolicy = blockedByPolicy
    this.policyIds = policyIds
    this.headers = problem.options.headers ?? {}
  }

  /**
   * The error as problem document (RFC 9457).
   *
   * @param requestId by which the request is found in your logs
   */
  toProblem(requestId: string): Problem {
    return this.#problem.toDocument(requestId) as Problem
  }

  /** @internal This repository's services handle it as they handle any problem. */
  get [problemMark](): true {
    return true
  }

  /** @internal */
  get kind() {
    return this.#problem.kind
  }

  /** @internal */
  get options() {
    return this.#problem.options
  }

  /** @internal */
  toDocument(requestId: string) {
    return this.#problem.toDocument(requestId)
  }

  /** @internal The error that callers of this package get for an error of its inside. */
  static of(error: unknown): unknown {
    return isProblem(error) && !(error instanceof IdentityError) ? new IdentityError(error) : error
  }
}
