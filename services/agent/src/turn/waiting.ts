import type {
  Decision,
  Effect,
  NeededRight,
  PauseKind,
  ToolUse,
  TurnResult,
} from '@entra-bedrock-agent/identity-trace'

/** A call that has not run. */
export interface PendingCall {
  readonly callId: string
  readonly tool: string
  /** Hash of the tool's definition when it was offered; empty if it changes nothing. */
  readonly toolHash: string
  /** Name of the API. */
  readonly api: string
  /** Missing if it changes nothing, so that it needs no approval. */
  readonly effect?: Effect
  readonly title: string
  /** As `Change.tell` has it. */
  readonly note?: string
  readonly args: Readonly<Record<string, unknown>>
  readonly digest: string
  /** Whether the user is asked about it in this pause; else it was approved before, or needs no approval. */
  readonly isAsked: boolean
  /** The step of the trace that waits. */
  readonly stepId: string
}

/** What the calls that have not run wait for. */
export interface Wait {
  readonly kind: PauseKind
  readonly pending: readonly PendingCall[]
  /** The claims that the user has to sign in with (JSON text), of a step-up. */
  readonly claims?: string | undefined
  /** What the user has to consent to. */
  readonly right?: NeededRight | undefined
}

/** A turn that waits for its user, as it is sealed. */
export interface WaitingTurn {
  readonly turnId: string
  readonly kind: PauseKind
  /** What the user asked. */
  readonly message: string
  readonly pending: readonly PendingCall[]
  /** The claims that the next token has to prove (JSON text). */
  readonly claims?: string
  /** How often it has waited. */
  readonly pauses: number
  /** Seconds since 1970. */
  readonly exp: number
  readonly usage: TurnResult['usage']
  readonly tools: readonly ToolUse[]
  /** What the mode of the turn needs to go on. */
  readonly state: unknown
}

/** A turn that goes on. */
export interface Resumed {
  readonly continuation: WaitingTurn
  /** What the user decided, by the id of the call. */
  readonly decisions: ReadonlyMap<string, Decision['decision']>
  /** Digests of the calls that the user denied, now or earlier in the turn. */
  readonly denied: ReadonlySet<string>
  /** How long the user took. */
  readonly waitedMs: number
  /** Notes that something is done now which must not be done again. */
  spend(): void
  /** Lets it come again, after a failure, unless that would do something twice. */
  release(): void
}
