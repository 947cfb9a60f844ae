import type { Caller } from '@entra-agents/identity/core'
import type { ProblemError } from '@entra-agents/service-kit'
import type { Mode, Pause, ToolUse, TurnResult } from '@entra-agents/trace'
import type { ResumedTurn, Wait } from './waiting.ts'

/** A turn, as far as it concerns its calls and its pauses. */
export interface PausableTurn extends Caller {
  readonly id: string
  readonly message: string
  readonly mode: Mode
  /** What the user decided, if the turn continues after a pause. */
  readonly resumed: ResumedTurn | undefined
  /** Whether the turn waits for a missing consent, instead of failing. */
  readonly pausesForConsent: boolean
  /** Tells the user of a problem that did not end the turn. */
  notice(problem: ProblemError): void
}

/** What a turn has used until its end or pause. */
export interface TurnFigures {
  readonly usage: TurnResult['usage']
  readonly tools: readonly ToolUse[]
}

/** A turn that waits until its user has decided. */
export interface WaitingTurn extends TurnFigures {
  readonly wait: Wait
  /** What the mode needs to go on with the turn, as a JSON value. */
  readonly state: unknown
}

/** What a user is asked, and the turn that waits for the answer. */
export type PauseForUser = Pick<
  Pause,
  'kind' | 'continuation' | 'expiresAt' | 'calls' | 'claimsChallenge' | 'consent'
>
