import type { Flow, HistoryEntry, Mode, ToolUse, TurnResult } from '@entra-bedrock-agent/identity-trace'
import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { AgentIdentity } from '../identity/agent-identity.ts'
import type { VerifiedUserToken } from '../identity/agent-token.ts'
import type { TraceRecorder } from './trace-recorder.ts'
import type { ResumedTurn, Wait } from './waiting.ts'

/** The identity under which an API is called, and the trace of the call. Between turns the agent calls as itself. */
export interface Caller {
  readonly requestId: string
  /** The GUID that joins the logs of agent, sidecar and Entra; it is the OpenTelemetry trace id if OpenTelemetry is on. */
  readonly correlationId: string
  readonly agent: AgentIdentity
  readonly flow: Flow
  /** The user's verified token; set in flows on behalf of a user, and in no others. */
  readonly user: VerifiedUserToken | undefined
  /** Aborted when the client goes away, the turn's deadline passes or the turn is over. */
  readonly signal: AbortSignal
  readonly trace: TraceRecorder
}

/** One chat turn and everything it carries. */
export interface Turn extends Caller {
  readonly id: string
  readonly message: string
  readonly history: readonly HistoryEntry[]
  readonly mode: Mode
  /** What the user decided, if the turn continues after a pause. */
  readonly resumed: ResumedTurn | undefined
  /** Whether the turn waits for a missing consent, instead of failing. */
  readonly pausesForConsent: boolean
  /** Sends answer text to the user as it comes. */
  write(text: string): void
  /** Tells the user of a problem that did not end the turn. */
  notice(problem: ProblemError): void
}

/** What a turn has used until its end or pause. */
interface TurnFigures {
  readonly usage: TurnResult['usage']
  readonly tools: readonly ToolUse[]
}

/** A turn that ended without a problem. The answer is the text that was written. */
export interface AnsweredTurn extends TurnFigures {
  readonly finishReason: TurnResult['finishReason']
}

/** A turn that waits until its user has decided. */
export interface WaitingTurn extends TurnFigures {
  readonly wait: Wait
  /** What the mode needs to go on with the turn, as a JSON value. */
  readonly state: unknown
}

/** When a turn may ask its user for a consent: `first-call` means only while the model has read no result of a tool in this turn. */
export const consentFromTurns = ['first-call', 'always', 'never'] as const
export type ConsentFromTurns = (typeof consentFromTurns)[number]

/** What the operator allows a turn with a model. */
export interface TurnRules {
  readonly consentFromTurns: ConsentFromTurns
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
