import type { Flow } from '@entra-agents/trace'
import type { Names } from '../words/names.ts'
import { count, formatClock, formatDuration } from '../words/times.ts'
import { contextsOf } from './read-token.ts'
import { problemKindOf } from './step-failures.ts'
import { tellConfirmation, tellStep, tellUnseen } from './step-words.ts'
import type { Row } from './timeline.ts'
import { hasFailed, isRejection } from './turn-facts.ts'

/**
 * Title and place of a row; for a row with rows below it, also their number and, while they are folded, the outcome.
 *
 * @param isOpen whether the rows below it tell their outcome themselves
 */
export function tellRow(row: Row, flow: Flow, names: Names, isOpen = true) {
  const { step, size, times, unseen, call, wait } = row
  if (unseen.length > 0) return tellUnseen(unseen, flow, names)
  const isConfirmation = wait !== undefined && step.token && contextsOf(step.token).length > 0
  if (step.kind === 'sign-in' && isConfirmation) return tellConfirmation(step, names)
  const { title, where } = tellStep(step, flow, names)
  if (times > 1)
    return { title: `${title} × ${times}`, where: `${where.split(' · ')[0]} · the same TR each time` }
  if (size === 0) return { title, where }
  const failure = step.problem && problemKindOf(step) === 'neutral' ? step.problem.detail : undefined
  const answer = call?.response && `${names.actor(call.to)} ${call.response.status}`
  const facts = [where || undefined, count(size, 'step'), failure ?? (isOpen ? undefined : answer)]
  return { title, where: facts.filter(fact => fact !== undefined).join(' · ') }
}

/** The end of a call that waited until it was left: it may have been sent before, and the API have refused it. */
const tellLeft = ({ call }: Row) => (call?.problem ? 'refused' : 'not sent')

/** @param isGoingOn whether the step has not ended, and its turn goes on or waits */
export function tellTime(row: Row, isGoingOn: boolean): string {
  const { step, durationMs, times, wait, waitedMs, size } = row
  const { status, problem, response } = step
  const clock = formatClock(Math.round(waitedMs / 1000))
  if (wait !== undefined) return clock
  const duration = durationMs === undefined ? undefined : formatDuration(durationMs)
  if (step.unused) return 'not used'
  if (isRejection(step)) return 'rejected'
  switch (status) {
    case 'ok':
      if (times > 1) return `≤ ${duration} each`
      return [duration, size > 0 && waitedMs > 0 && clock].filter(Boolean).join(', ')
    case 'failed':
      if (!hasFailed(step)) return 'declined'
      return [response?.status ?? problem?.upstream?.status ?? 'failed', duration].filter(Boolean).join(' · ')
    case 'running':
      return isGoingOn ? 'running' : 'not finished'
    case 'waiting':
      return isGoingOn ? 'waiting' : tellLeft(row)
    case 'not-observable':
      return 'not seen'
  }
}
