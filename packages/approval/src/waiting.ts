import type { ApprovedCall } from '@entra-agents/identity/core'
import {
  type Decision,
  Effect,
  flowNames,
  type NeededRight,
  PauseKind,
  Sentence,
  strictObject,
  TokenUsage,
  ToolUse,
} from '@entra-agents/trace'
import { type Static, Type } from 'typebox'

const Text = Type.String()

const PendingCall = strictObject({
  callId: Text,
  tool: Text,
  /** Hash of the tool's definition when the tool was offered; empty if the tool changes nothing. */
  toolHash: Text,
  /** Name of the API. */
  api: Text,
  /** Missing if the call changes nothing, and so needs no approval. */
  effect: Type.Optional(Effect),
  title: Text,
  /** What `Change.tell` told the user; missing if it could not tell it yet. */
  sentence: Type.Optional(Sentence),
  args: Type.Record(Text, Type.Unknown()),
  digest: Text,
  /** Whether the user is asked about the call in this pause; else it was approved before, or needs no approval. */
  isAsked: Type.Boolean(),
  /** Set once the user has approved the call; without it a call that changes something does not run. */
  isApproved: Type.Optional(Type.Literal(true)),
  /** The id of the step that waits, in the trace. */
  stepId: Text,
})
/** A call that has not run. */
export type PendingCall = Static<typeof PendingCall>

/** What the pending calls wait for. */
export interface Wait {
  readonly kind: PauseKind
  readonly pending: PendingCall[]
  /** For a step-up, the claims that the user's next sign-in has to prove (JSON text). */
  readonly claims?: string | undefined
  /** What the user has to consent to. */
  readonly right?: NeededRight | undefined
}

const bindingMembers = {
  oid: Text,
  tid: Text,
  /** The application that the user signed in with. */
  azp: Text,
  /** Client id of the agent. */
  agent: Text,
  flow: Type.Enum([...flowNames]),
  mode: Text,
}
/** User, tenant, application, agent, flow and mode of a turn that waits. All must be the same when the turn goes on. */
export type Binding = Static<ReturnType<typeof Type.Object<typeof bindingMembers>>>

export const Continuation = strictObject({
  v: Type.Literal(1),
  jti: Text,
  /** Seconds since 1970. A further pause for the same calls keeps the expiry. */
  iat: Type.Integer(),
  exp: Type.Integer(),
  ...bindingMembers,
  turnId: Text,
  kind: PauseKind,
  /** What the user asked. */
  message: Text,
  pending: Type.Array(PendingCall, { minItems: 1 }),
  /** Digests of calls that were denied in this turn. */
  denied: Type.Array(Text),
  /** The claims that the next token has to prove (JSON text). */
  claims: Type.Optional(Text),
  /** How many times the turn has waited. */
  pauses: Type.Integer(),
  /** How many of these times do not count, since everything was denied. */
  deniedPauses: Type.Integer(),
  usage: Type.Union([TokenUsage, Type.Null()]),
  tools: Type.Array(ToolUse),
  /** What the mode of the turn needs to go on. */
  state: Type.Unknown(),
})
/** A turn that waits for its user, as it is sealed. */
export type Continuation = Static<typeof Continuation>

/** A turn that goes on. */
export interface ResumedTurn {
  readonly continuation: Omit<Continuation, 'v' | 'jti' | 'iat' | 'denied' | keyof Binding>
  /** What the user decided, by the id of the call. */
  readonly decisions: ReadonlyMap<string, Decision['decision']>
  /** Digests of the calls that the user denied, now or earlier in the turn. */
  readonly denied: ReadonlySet<string>
  /** How long the user took. */
  readonly waitedMs: number
  /** Whether the turn may wait for its user once more. */
  readonly mayWaitAgain: boolean
  /** The approved calls that this turn makes. */
  readonly approvedCalls: ApprovedCall[]
  /**
   * Lets the continuation come again after a failure: with any decisions as long as no call was sent, else with the same ones,
   * and not at all if a call must not be sent twice.
   */
  release(): void
}
