/** A problem is no fault (`neutral`), can be solved by a user or time (`wait`), or is a denial or a defect (`failed`). */
export type ProblemKind = 'neutral' | 'wait' | 'failed'

/** Codes of failures that a user or time can solve. */
const waitingCodes: ReadonlySet<string> = new Set([
  'AGENT_BUSY',
  'AGENT_STOPPING',
  'BEDROCK_THROTTLED',
  'CONDITIONAL_ACCESS_REQUIRED',
  'CONSENT_NEEDED',
  'CONSENT_REQUIRED',
  'POPUP_BLOCKED',
  'RATE_LIMITED',
  'SESSION_EXPIRED',
  'SIGN_IN_CANCELLED',
  'SIGN_IN_INTERACTION_REQUIRED',
  'SIGN_IN_OTHER_ACCOUNT',
  'SIGN_IN_REQUIRED',
  'SIGN_IN_TIMED_OUT',
  'STEP_UP_REQUIRED',
  'TOOL_NEEDS_A_PERSON',
  'TURN_TIMEOUT',
  'USER_TOKEN_EXPIRED',
  'USER_TOKEN_SCOPE_MISSING',
])

/** HTTP statuses of requests that nobody can answer: too large, not understood, or for something that does not exist. */
const unanswerableStatuses: ReadonlySet<number> = new Set([400, 404, 413, 422])

/** How serious a failure is. */
export function problemKind({
  code,
  status,
}: {
  readonly code: string
  readonly status?: number
}): ProblemKind {
  if (waitingCodes.has(code)) return 'wait'
  if (code === 'APPROVAL_EXPIRED') return 'neutral'
  return status !== undefined && unanswerableStatuses.has(status) ? 'neutral' : 'failed'
}

export const repositoryUrl = 'https://github.com/entra-bedrock-agent/entra-bedrock-agent'

/** The address of the documentation of a failure's code. */
export function troubleshootingUrl(code: string): string {
  return `${repositoryUrl}/blob/main/docs/troubleshooting.md#${code}`
}
