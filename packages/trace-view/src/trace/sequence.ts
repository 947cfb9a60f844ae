import type { Actor, TokenRole, TraceStep } from '@entra-agents/trace'
import { wantedContexts } from '../words/step-up.ts'
import { countToolCalls } from './step-words.ts'
import type { Row } from './timeline.ts'

/** What the sequence shows of a hop. */
export interface DrawnHop {
  readonly from: Actor
  readonly to: Actor
  readonly title: string
  readonly time?: string
  readonly token?: TokenRole | undefined
  readonly isUnseen?: boolean
  /** For an exchange that nobody saw: what is presented, what is issued, and whether it is the first or last such exchange. */
  readonly exchange?:
    | { readonly shown: string; readonly issued: TokenRole; readonly edge: string }
    | undefined
}

/** An arrow of the sequence that is no step of its own: an answer, a sign-in. */
export interface MessageHop extends DrawnHop {
  readonly id: string
  /** The step that this message answers. */
  readonly answers?: TraceStep
}

export type Hop = Row | MessageHop

export function isRow(hop: Hop): hop is Row {
  return 'step' in hop
}

/** The rows to draw. A folded tool shows only its API calls; folded requests for the same TR show only the first request. */
export function rowsOfSequence(rows: readonly Row[], isOpen: (row: Row) => boolean): readonly Row[] {
  const owners = new Map(rows.map(row => [row.id, row]))
  const ownerOf = ({ parent = '' }: Row): Row | undefined => {
    const owner = owners.get(parent)
    return owner && owner.unseen.length > 0 ? ownerOf(owner) : owner
  }
  return rows.filter(row => {
    const { step, unseen } = row
    const owner = ownerOf(row)
    if (unseen.length > 0) return false
    if (!owner) return true
    if (owner.times > 1 && step.id === owner.step.id) return isOpen(owner)
    if (isOpen(owner) || step.kind === 'api-call') return true
    return owner.times > 1 && [owner.step.id, owner.step.parentId].includes(step.parentId)
  })
}

/** The rows with the messages around them, in order of time. */
export function withMessages(rows: readonly Row[]): readonly Hop[] {
  let wanted: readonly string[] = []
  return rows.flatMap((row, index) => {
    const { step } = row
    const signIn = step.kind === 'sign-in' ? signInMessages(step, wanted) : []
    if (step.kind === 'sign-in') wanted = []
    const contexts = wantedContexts(step.problem?.claimsChallenge)
    if (contexts.length > 0) wanted = contexts
    // The check of a token is drawn as the answer to the call.
    const isChecked = rows[index + 1]?.step.kind === 'validation'
    return [...signIn, row, ...(isChecked ? [] : replyMessages(step))]
  })
}

/** The messages of a stronger sign-in, if an API wanted one: the user's next token results from it. */
function signInMessages({ id }: TraceStep, contexts: readonly string[]): MessageHop[] {
  if (contexts.length === 0) return []
  return [
    { id: `${id}-sign-in`, from: 'user', to: 'entra', title: `Sign in for ${contexts.join(' ')}` },
    { id: `${id}-issued`, from: 'entra', to: 'user', title: 'Issue Tc', token: 'Tc' },
  ]
}

function replyMessages(step: TraceStep): MessageHop[] {
  const { id, kind, from, to, status, response } = step
  if (kind === 'api-call' && response)
    return [{ id: `${id}-reply`, from: to, to: from, title: String(response.status), answers: step }]
  const isText = kind === 'model' && status === 'ok' && countToolCalls(step) === 0
  return isText ? [{ id: `${id}-reply`, from: to, to: from, title: 'Answer' }] : []
}

const longestTitle = 28

/** The title of a step as a message, which has room for only a few words. */
export function titleOfHop({ kind }: TraceStep, title: string): string {
  if (kind === 'model') return 'Ask the model'
  return title.length > longestTitle ? `${title.slice(0, longestTitle - 1).trimEnd()}…` : title
}
