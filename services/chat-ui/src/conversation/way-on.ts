import { type Flow, type Mode, needsUser } from '@entra-bedrock-agent/identity-trace'
import type { PageProblem } from '../agent/page-problem.ts'
import type { Interaction } from '../sign-in/session.ts'
import { problemKind } from '../words/problem-kinds.ts'
import type { Question } from './exchange.ts'

/** A button in a failed answer: the question is asked again, after what Entra wants in the sign-in window or after it was edited. */
export interface WayOn {
  readonly label: string
  readonly interaction?: Interaction
  readonly edits?: true
  /** How else than before it is asked. */
  readonly asked?: Partial<Pick<Question, 'mode' | 'flow'>>
}

/** What there is to choose from. */
interface Choice {
  readonly modes: readonly Mode[]
  /** Of the agent that was asked. */
  readonly flows: readonly Flow[]
  readonly canSignIn: boolean
  readonly isSignedIn: boolean
}

const again: WayOn = { label: 'Ask again' }
const signIn: WayOn = { label: 'Sign in and ask', interaction: { kind: 'choose-account' } }

/** Codes of failures that are over once somebody has signed in. */
const overOnceSignedIn = [
  'SIGN_IN_REQUIRED',
  'POPUP_BLOCKED',
  'SIGN_IN_CANCELLED',
  'SIGN_IN_TIMED_OUT',
  'SIGN_IN_UNREACHABLE',
  'SIGN_IN_NO_ROOM',
  'SIGN_IN_FAILED',
]

export function isOverOnceSignedIn({ code }: PageProblem): boolean {
  return overOnceSignedIn.includes(code)
}

/** Codes of failures after which the user signs in anew. */
const bySignIn = [
  ...overOnceSignedIn,
  'USER_TOKEN_INVALID',
  'USER_TOKEN_EXPIRED',
  'SESSION_EXPIRED',
  'SIGN_IN_OTHER_ACCOUNT',
]

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

/** The ways on from a problem, the best one first; none where the same question cannot be answered here. */
export function waysOn(
  problem: PageProblem,
  { mode }: Pick<Question, 'mode'>,
  choice: Choice,
): readonly WayOn[] {
  const { code } = problem
  const { modes, canSignIn, isSignedIn } = choice
  if (code === 'TOOL_NEEDS_A_PERSON') {
    const flow = choice.flows.find(needsUser)
    if (!flow || !canSignIn) return []
    const label = 'on your behalf'
    return [
      isSignedIn
        ? { label: `Ask ${label}`, asked: { flow } }
        : { ...signIn, label: `Sign in and ask ${label}`, asked: { flow } },
    ]
  }
  const way = wayByWindow(problem)
  if (way && canSignIn) return [way]
  if (code.startsWith('BEDROCK_') && problemKind(problem) === 'failed')
    return [{ label: 'Ask in Direct mode', asked: { mode: 'direct' } }, again]
  if (problemKind(problem) !== 'neutral' || code.startsWith('APPROVAL_')) return [again]
  const hasModel = mode === 'direct' && code.endsWith('_NOT_RECOGNISED') && modes.includes('bedrock')
  return [
    { label: 'Edit the question', edits: true },
    ...(hasModel ? [{ label: 'Ask in Bedrock mode', asked: { mode: 'bedrock' } } as const] : []),
  ]
}

function wayByWindow({ code, claimsChallenge }: PageProblem): WayOn | undefined {
  if (code === 'CONDITIONAL_ACCESS_REQUIRED' || code === 'SIGN_IN_INTERACTION_REQUIRED')
    return { label: 'Continue in the sign-in window', interaction: { kind: 'prove-more', claimsChallenge } }
  if (code === 'CONSENT_NEEDED' || code === 'USER_TOKEN_SCOPE_MISSING')
    return { label: 'Review and ask again', interaction: { kind: 'consent' } }
  if (code === 'POPUP_BLOCKED') return { ...signIn, label: 'Open the window and ask' }
  return bySignIn.includes(code) ? signIn : undefined
}
