import type { PageProblem } from '../agent/page-problem.ts'
import type { Interaction } from '../sign-in/session.ts'

/** The button in a failed answer: ask again at once, in another mode, or after what Entra wants in the sign-in window. */
export interface WayOn {
  readonly label: string
  readonly interaction?: Interaction
  readonly mode?: 'direct'
}

const signIn: WayOn = { label: 'Sign in and ask', interaction: { kind: 'choose-account' } }
const consent: WayOn = { label: 'Review and ask again', interaction: { kind: 'consent' } }
const withoutModel: WayOn = { label: 'Ask in Direct mode', mode: 'direct' }

const ways: Readonly<Record<string, WayOn>> = {
  SIGN_IN_REQUIRED: signIn,
  USER_TOKEN_INVALID: signIn,
  USER_TOKEN_EXPIRED: signIn,
  SESSION_EXPIRED: signIn,
  POPUP_BLOCKED: { ...signIn, label: 'Open the window and ask' },
  SIGN_IN_CANCELLED: signIn,
  SIGN_IN_OTHER_ACCOUNT: signIn,
  SIGN_IN_TIMED_OUT: signIn,
  SIGN_IN_UNREACHABLE: signIn,
  SIGN_IN_NO_ROOM: signIn,
  SIGN_IN_FAILED: signIn,
  CONSENT_NEEDED: consent,
  USER_TOKEN_SCOPE_MISSING: consent,
}

/** Codes of failures that a sign-in resolves. */
const overOnceSignedIn: ReadonlySet<string> = new Set([
  'SIGN_IN_REQUIRED',
  'POPUP_BLOCKED',
  'SIGN_IN_CANCELLED',
  'SIGN_IN_TIMED_OUT',
  'SIGN_IN_UNREACHABLE',
  'SIGN_IN_NO_ROOM',
  'SIGN_IN_FAILED',
])

export function isOverOnceSignedIn({ code }: PageProblem): boolean {
  return overOnceSignedIn.has(code)
}

/** What nobody but an administrator can mend. */
const administrators: ReadonlySet<string> = new Set([
  'AGENT_DISABLED',
  'AGENT_NOT_PERMITTED',
  'AGENT_USER_NOT_CONSENTED',
  'AGENT_USER_UNUSABLE',
  'API_FORBIDDEN',
  'BLUEPRINT_CREDENTIAL_REJECTED',
  'CONSENT_REQUIRED',
  'FEDERATION_MISMATCH',
])

export function isForAdministrator({ code }: PageProblem): boolean {
  return administrators.has(code)
}

/** The way on from a problem, beside asking again. What only an administrator can mend has none. */
export function wayOn(problem: PageProblem): WayOn | undefined {
  if (problem.code === 'CONDITIONAL_ACCESS_REQUIRED' || problem.code === 'SIGN_IN_INTERACTION_REQUIRED') {
    return {
      label: 'Continue in the sign-in window',
      interaction: { kind: 'prove-more', claimsChallenge: problem.claimsChallenge },
    }
  }
  if (problem.code.startsWith('BEDROCK_')) return withoutModel
  return Object.hasOwn(ways, problem.code) ? ways[problem.code] : undefined
}
