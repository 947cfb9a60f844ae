/** A problem is no fault (`neutral`), can be solved by a user or time (`wait`), or is a denial or a defect (`failed`). */
export type ProblemKind = 'neutral' | 'wait' | 'failed'

/**
 * What helps after a failure: time alone; a sign-in, wherever on the page (`sign-in`) or with this question only
 * (`sign-in-again`); a proof or a consent in the sign-in window; a flow with a user; an administrator.
 */
export type Remedy =
  | 'time'
  | 'sign-in'
  | 'sign-in-again'
  | 'proof'
  | 'consent'
  | 'user-flow'
  | 'administrator'

/** What is known of failures by their codes. A file may have any text as a code, so this is no object. */
// biome-ignore format: table
const failures = new Map<string, readonly [kind: ProblemKind, remedy?: Remedy]>(Object.entries({
  AGENT_BUSY: ['wait', 'time'],
  AGENT_DISABLED: ['failed', 'administrator'],
  AGENT_NOT_PERMITTED: ['failed', 'administrator'],
  AGENT_STOPPING: ['wait', 'time'],
  AGENT_USER_NOT_CONSENTED: ['failed', 'administrator'],
  AGENT_USER_UNUSABLE: ['failed', 'administrator'],
  API_FORBIDDEN: ['failed', 'administrator'],
  APPROVAL_EXPIRED: ['neutral'],
  BEDROCK_THROTTLED: ['wait', 'time'],
  BLUEPRINT_CREDENTIAL_REJECTED: ['failed', 'administrator'],
  CONDITIONAL_ACCESS_REQUIRED: ['wait', 'proof'],
  CONSENT_NEEDED: ['wait', 'consent'],
  CONSENT_REQUIRED: ['wait', 'administrator'],
  FEDERATION_MISMATCH: ['failed', 'administrator'],
  POPUP_BLOCKED: ['wait', 'sign-in'],
  RATE_LIMITED: ['wait', 'time'],
  SESSION_EXPIRED: ['wait', 'sign-in-again'],
  SIGN_IN_CANCELLED: ['wait', 'sign-in'],
  SIGN_IN_FAILED: ['failed', 'sign-in'],
  SIGN_IN_INTERACTION_REQUIRED: ['wait', 'proof'],
  SIGN_IN_NO_ROOM: ['failed', 'sign-in'],
  SIGN_IN_OTHER_ACCOUNT: ['wait', 'sign-in-again'],
  SIGN_IN_REQUIRED: ['wait', 'sign-in'],
  SIGN_IN_TIMED_OUT: ['wait', 'sign-in'],
  SIGN_IN_UNREACHABLE: ['failed', 'sign-in'],
  STEP_UP_REQUIRED: ['wait'],
  TOOL_NEEDS_A_PERSON: ['wait', 'user-flow'],
  TURN_TIMEOUT: ['wait', 'time'],
  USER_TOKEN_EXPIRED: ['wait', 'sign-in-again'],
  USER_TOKEN_INVALID: ['failed', 'sign-in-again'],
  USER_TOKEN_SCOPE_MISSING: ['wait', 'consent'],
}))

/** What of a failure says what helps. */
export interface KnownFailure {
  readonly code: string
  readonly blockedByPolicy?: true | undefined
}

/** A policy that blocks is lifted by an administrator; one that challenges is met by the user. */
const factsOf = ({ code, blockedByPolicy }: KnownFailure) =>
  blockedByPolicy ? failures.get('AGENT_NOT_PERMITTED') : failures.get(code)

export function remedyOf(problem: KnownFailure): Remedy | undefined {
  return factsOf(problem)?.[1]
}

/** HTTP statuses of requests that nobody can answer: too large, not understood, or for something that does not exist. */
const unanswerableStatuses = [400, 404, 413, 422]

/** How serious a failure is. The status decides only about `failed` and unknown codes. */
export function problemKind(problem: KnownFailure & { readonly status?: number }): ProblemKind {
  const [kind = 'failed'] = factsOf(problem) ?? []
  return kind === 'failed' && unanswerableStatuses.includes(problem.status ?? 0) ? 'neutral' : kind
}

export const repositoryUrl = 'https://github.com/entra-bedrock-agent/entra-bedrock-agent'

/** The address of the documentation of a failure's code. */
export function troubleshootingUrl(code: string): string {
  return `${repositoryUrl}/blob/main/docs/troubleshooting.md#${code}`
}
