import type { PauseKind } from '@entra-agents/trace'
import type { Verdict } from '@entra-agents/trace-view/identity/verdict'
import { capitalise, type Names } from '@entra-agents/trace-view/words/names'
import type { Exchange } from '../conversation/exchange.ts'

/** Where the changes of a turn ended, and how. */
export interface ChangeEnd {
  readonly outcome: Verdict['outcome']
  readonly how: string
}

/** What a turn waits for, by its name; what is said while it waits, and if it was declined. */
// biome-ignore format: table
const waits: Readonly<Record<PauseKind, readonly [name: string, how: string, declined: string]>> = {
  approval: ['approval', 'Nothing is sent until you decide.', 'You did not approve it.'],
  'step-up': ['step-up', 'You approved it, and the API wants a second factor.', 'You approved it, and gave no second factor.'],
  consent: ['consent', 'Nothing is sent until you consent.', 'You did not consent.'],
}

/** Where the changes of a turn ended, and why; `undefined` if nothing was to be changed, or it is not known yet. */
export function tellEnd(
  { pause, decided = [], steps, state }: Pick<Exchange, 'pause' | 'decided' | 'steps' | 'state'>,
  names: Names,
): ChangeEnd | undefined {
  if (pause) {
    const [name, how] = waits[pause.kind]
    return { outcome: { kind: 'waiting', words: `Held by ${name}` }, how }
  }
  const stopped = (name: string, how: string): ChangeEnd => ({
    outcome: { kind: 'denied', words: `Stopped by ${name}` },
    how,
  })
  const declined = decided.findLast(({ decision }) => decision === 'deny')
  if (declined) {
    const [name, , how] = waits[declined.kind ?? 'approval']
    return stopped(name, how)
  }
  const lacked = steps.findLast(({ kind, problem }) => kind === 'tool' && problem?.needs)?.problem?.needs
  if (lacked) {
    const right = `${lacked.permission} at ${names.actor(lacked.api)}`
    return stopped('right', `${capitalise(names.agent)} lacks ${right}.`)
  }
  if (state !== 'done' || !decided.some(({ kind }) => kind === undefined)) return undefined
  const isProven = decided.some(({ kind }) => kind === 'step-up')
  return {
    outcome: { kind: 'allowed', words: 'Let through' },
    how: `You approved it${isProven ? ' and gave a second factor' : ''}.`,
  }
}
