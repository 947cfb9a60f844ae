import type { PausableTurn, TurnFigures, WaitingTurn } from '@entra-agents/approval'
import type { HistoryEntry, Mode, TurnResult } from '@entra-agents/trace'

/** One chat turn and everything it carries. */
export interface Turn extends PausableTurn {
  readonly history: readonly HistoryEntry[]
  /** Sends answer text to the user as it comes. */
  write(text: string): void
}

/** A turn that ended without a problem. The answer is the text that was written. */
export interface AnsweredTurn extends TurnFigures {
  readonly finishReason: TurnResult['finishReason']
}

/** When a turn may ask its user for a consent: `first-call` means only while the model has read no result of a tool in this turn. */
export const consentFromTurns = ['first-call', 'always', 'never'] as const

/** What the operator allows a turn with a model. */
export interface TurnRules {
  readonly consentFromTurns: (typeof consentFromTurns)[number]
  /** How many input tokens all model calls of a turn may use; the last call may exceed it. 0: as many as there are. */
  readonly inputTokens: number
}

export type TurnOutcome = AnsweredTurn | WaitingTurn

/** A way to answer: `direct` or `bedrock`. It throws a ProblemError when it cannot. */
export interface AnswerMode {
  readonly mode: Mode
  /** The Bedrock model id, or `null` where there is no model. */
  readonly model: string | null
  answer(turn: Turn): Promise<TurnOutcome>
}
