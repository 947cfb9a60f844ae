import type { Turn } from '../cluster/support/load.ts'

/** Error codes of connections to a process that has ended. */
export const lostConnectionCodes = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'STREAM_CUT'] as const

/** A fault and the time in which it may have effects. All times are in milliseconds since 1970. */
export interface Episode {
  readonly fault: string
  readonly startedAt: number
  /** When the fault was undone. A fault that needs no undoing, such as a killed pod, ends when it has happened. */
  readonly endedAt: number
  /** When every pod was ready again. */
  readonly readyAt: number
  /** From here on every turn must succeed again. */
  readonly healedAt: number
  explainsOutcome(turn: Turn): boolean
}

/** The turns that failed with a code that no fault at the time explains. */
export function findUnexplained(turns: readonly Turn[], episodes: readonly Episode[]): readonly Turn[] {
  return turns.filter(turn => turn.outcome !== 'OK' && !episodes.some(episode => explains(episode, turn)))
}

export function explains(episode: Episode, turn: Turn): boolean {
  const isDuring = turn.startedAt <= episode.healedAt && turn.startedAt + turn.ms >= episode.startedAt
  return isDuring && episode.explainsOutcome(turn)
}
