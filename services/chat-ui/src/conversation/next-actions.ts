import { type Flow, type Mode, needsUser } from '@entra-agents/trace'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { problemKind, remedyOf } from '@entra-agents/trace-view/words/problem-kinds'
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

/** What the user can do next about a problem, best action first; empty if a call needs a user for whom the agent cannot act. */
export function nextActions(
  problem: PageProblem,
  { mode }: Pick<Question, 'mode'>,
  choice: AvailableChoices,
): readonly NextAction[] {
  const { code } = problem
  const { modes, canSignIn } = choice
  const forUser = askForUser(choice)
  if (remedyOf(problem) === 'user-flow') return forUser
  const action = actionInWindow(problem)
  if (action && canSignIn) return [action]
  if (code.startsWith('BEDROCK_') && problemKind(problem) === 'failed')
    return [{ label: 'Ask in Direct mode', asked: { mode: 'direct' } }, askAgainAction]
  // What the agent may not do as itself it may be able to do for the user.
  if (problem.needs?.kind === 'role') return [...forUser, askAgainAction]
  if (problemKind(problem) !== 'neutral' || code.startsWith('APPROVAL_')) return [askAgainAction]
  const hasModel = mode === 'direct' && code.endsWith('_NOT_RECOGNISED') && modes.includes('bedrock')
  return [
    { label: 'Edit the question', edits: true },
    ...(hasModel ? [{ label: 'Ask in Bedrock mode', asked: { mode: 'bedrock' } } as const] : []),
  ]
}

function askForUser({ flows, canSignIn, isSignedIn }: AvailableChoices): readonly NextAction[] {
  const flow = flows.find(needsUser)
  if (!flow || !canSignIn) return []
  const asked = { flow }
  return [
    isSignedIn
      ? { label: `Ask again, ${flowWords[flow].label.toLowerCase()}`, asked }
      : { ...signInAction, asked },
  ]
}

function actionInWindow(problem: PageProblem): NextAction | undefined {
  const { code, claimsChallenge } = problem
  switch (remedyOf(problem)) {
    case 'proof':
      return { label: 'Continue in the sign-in window', interaction: { kind: 'prove-more', claimsChallenge } }
    case 'consent':
      return { label: 'Review and ask again', interaction: { kind: 'consent' } }
    case 'sign-in':
    case 'sign-in-again':
      return code === 'POPUP_BLOCKED' ? { ...signInAction, label: 'Open the window and ask' } : signInAction
    default:
      return undefined
  }
}
