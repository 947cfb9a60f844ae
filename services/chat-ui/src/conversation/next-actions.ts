import { type Flow, type Mode, needsUser } from '@entra-agents/trace'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { problemKind } from '@entra-agents/trace-view/words/problem-kinds'
import type { PageProblem } from '../agent/page-problem.ts'
import type { Interaction } from '../sign-in/session.ts'
import type { Question } from './exchange.ts'

/** A button in a failed answer: asks the question again, if necessary after the sign-in window, or lets the user edit it. */
export interface NextAction {
  readonly label: string
  readonly interaction?: Interaction
  readonly edits?: true
  /** The mode or flow in which the question is then asked, if it changes. */
  readonly asked?: Partial<Pick<Question, 'mode' | 'flow'>>
}

/** What the actions can offer. */
interface AvailableChoices {
  readonly modes: readonly Mode[]
  /** The flows of the agent that was asked. */
  readonly flows: readonly Flow[]
  readonly canSignIn: boolean
  readonly isSignedIn: boolean
}

const askAgainAction: NextAction = { label: 'Ask again' }
const signInAction: NextAction = { label: 'Sign in and ask', interaction: { kind: 'choose-account' } }

/** Codes of failures that are resolved once a user has signed in, wherever on the page. */
const codesResolvedBySignIn = [
  'SIGN_IN_REQUIRED',
  'POPUP_BLOCKED',
  'SIGN_IN_CANCELLED',
  'SIGN_IN_TIMED_OUT',
  'SIGN_IN_UNREACHABLE',
  'SIGN_IN_NO_ROOM',
  'SIGN_IN_FAILED',
]

export function isResolvedBySignIn({ code }: PageProblem): boolean {
  return codesResolvedBySignIn.includes(code)
}

/** Codes of failures after which the page offers to sign in. */
const signInCodes = [
  ...codesResolvedBySignIn,
  'USER_TOKEN_INVALID',
  'USER_TOKEN_EXPIRED',
  'SESSION_EXPIRED',
  'SIGN_IN_OTHER_ACCOUNT',
]

/** Codes of failures that only an administrator can fix. */
const administratorCodes: ReadonlySet<string> = new Set([
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
  return administratorCodes.has(code)
}

/** What the user can do next about a problem, best action first; empty if a call needs a user for whom the agent cannot act. */
export function nextActions(
  problem: PageProblem,
  { mode }: Pick<Question, 'mode'>,
  choice: AvailableChoices,
): readonly NextAction[] {
  const { code } = problem
  const { modes, canSignIn, isSignedIn } = choice
  if (code === 'TOOL_NEEDS_A_PERSON') {
    const flow = choice.flows.find(needsUser)
    if (!flow || !canSignIn) return []
    return [
      isSignedIn
        ? { label: `Ask again, ${flowWords[flow].label.toLowerCase()}`, asked: { flow } }
        : { ...signInAction, asked: { flow } },
    ]
  }
  const action = actionInWindow(problem)
  if (action && canSignIn) return [action]
  if (code.startsWith('BEDROCK_') && problemKind(problem) === 'failed')
    return [{ label: 'Ask in Direct mode', asked: { mode: 'direct' } }, askAgainAction]
  if (problemKind(problem) !== 'neutral' || code.startsWith('APPROVAL_')) return [askAgainAction]
  const hasModel = mode === 'direct' && code.endsWith('_NOT_RECOGNISED') && modes.includes('bedrock')
  return [
    { label: 'Edit the question', edits: true },
    ...(hasModel ? [{ label: 'Ask in Bedrock mode', asked: { mode: 'bedrock' } } as const] : []),
  ]
}

function actionInWindow({ code, claimsChallenge }: PageProblem): NextAction | undefined {
  if (code === 'CONDITIONAL_ACCESS_REQUIRED' || code === 'SIGN_IN_INTERACTION_REQUIRED')
    return { label: 'Continue in the sign-in window', interaction: { kind: 'prove-more', claimsChallenge } }
  if (code === 'CONSENT_NEEDED' || code === 'USER_TOKEN_SCOPE_MISSING')
    return { label: 'Review and ask again', interaction: { kind: 'consent' } }
  if (code === 'POPUP_BLOCKED') return { ...signInAction, label: 'Open the window and ask' }
  return signInCodes.includes(code) ? signInAction : undefined
}
