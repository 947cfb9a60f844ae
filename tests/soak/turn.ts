/** A turn of the load, as the pod that asks saw it. */
export interface Turn {
  /** Mode and flow; `mcp` is Bedrock mode with the tools of an MCP server. */
  readonly way: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly ms: number
  /** `OK`, the code of a problem, or of how the connection broke. */
  readonly outcome: string
}

/** How a connection can end when the process at its other end is gone. */
export const lostConnection = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'STREAM_CUT'] as const

/** Time in which a fault may show. Milliseconds since 1970. */
export interface Episode {
  readonly fault: string
  readonly startedAt: number
  /** When it was undone; for a fault that is over at once, when it had happened. */
  readonly endedAt: number
  /** When every pod was ready again. */
  readonly readyAt: number
  /** From here on every turn must be well again. */
  readonly healedAt: number
  isRight(turn: Turn): boolean
}

/** The turns that neither went well nor ended in a problem that is right for what was wrong at the time. */
export function unexplained(turns: readonly Turn[], episodes: readonly Episode[]): readonly Turn[] {
  return turns.filter(turn => turn.outcome !== 'OK' && !episodes.some(episode => explains(episode, turn)))
}

export function explains(episode: Episode, turn: Turn): boolean {
  const isDuring = turn.startedAt <= episode.healedAt && turn.startedAt + turn.ms >= episode.startedAt
  return isDuring && episode.isRight(turn)
}
