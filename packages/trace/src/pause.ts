/** How a turn waits for its user and is continued: the event `pause`, and `POST /api/chat/continue`. */
import { type Static, Type } from 'typebox'
import { ChatRequest, type TurnResult, type TurnStart, turnFigureMembers, turnStartMembers } from './chat.ts'
import { chatLimits } from './limits.ts'
import type { Problem } from './problem.ts'
import { TraceStep } from './schema.ts'
import { strictObject } from './strict-object.ts'

/** What a call does to the data of an API. */
export const Effect = Type.Enum(['create', 'change', 'delete'])
export type Effect = Static<typeof Effect>

export const PauseKind = Type.Enum(['approval', 'step-up', 'consent'])
/**
 * What a turn waits for: that the user decides whether calls run (`approval`), that the user authenticates as strongly as the
 * API wants (`step-up`), or that the user allows the agent to act for them at the API (`consent`).
 */
export type PauseKind = Static<typeof PauseKind>

/** A sentence in parts, in the order in which they are read: words of the tool's code (`text`), and what the model or the API wrote (`value`). */
export const Sentence = Type.Array(
  Type.Union([strictObject({ text: Type.String() }), strictObject({ value: Type.String() })]),
)
export type Sentence = Static<typeof Sentence>

/** A call that the user decides about. It runs exactly as shown or not at all. */
const AskedCall = strictObject({
  callId: Type.String(),
  tool: Type.String(),
  /** What the call does, for people: from the tool's code or configuration, never the model's words. */
  title: Type.String(),
  /** The call in plain words, made by the tool's code; of a tool that makes none, the title and then the arguments as they are. Long parts are cut. */
  sentence: Sentence,
  /** Name of the API. */
  api: Type.String(),
  /** Missing if the call changes nothing. */
  effect: Type.Optional(Effect),
  arguments: Type.Record(Type.String(), Type.Unknown()),
  /** Digest of tool, API and arguments; to be sent back with the decision. */
  digest: Type.String(),
  /** Id of the step by which the trace shows this waiting call. */
  stepId: Type.String(),
})
export type AskedCall = Static<typeof AskedCall>

/** Where the user consents. The page opens `url` unchanged. */
const ConsentRequest = strictObject({
  url: Type.String(),
  /** The address for an administrator, who consents for all users. */
  adminUrl: Type.String(),
  /** 128 random bits, which Entra sends back through the browser. */
  state: Type.String(),
  scopes: Type.Array(strictObject({ value: Type.String(), text: Type.String() })),
})
export type ConsentRequest = Static<typeof ConsentRequest>

const pauseMembers = {
  ...turnStartMembers,
  ...turnFigureMembers,
  kind: PauseKind,
  /** The sealed turn, to be sent back unchanged. */
  continuation: Type.String(),
  expiresAt: Type.String({ format: 'date-time' }),
  /** All calls that the user has to decide about, each once. */
  calls: Type.Array(AskedCall),
  /** Only for a step-up: the claims to sign in with (JSON text). */
  claimsChallenge: Type.Optional(Type.String()),
  consent: Type.Optional(ConsentRequest),
}

/** The last event of a turn that waits. What the turn did before is in its earlier events. */
export const Pause = strictObject(pauseMembers)
export type Pause = Static<typeof Pause>

export const PausedResponse = strictObject({
  ...pauseMembers,
  status: Type.Literal('paused'),
  trace: Type.Array(TraceStep),
})
export type PausedResponse = Static<typeof PausedResponse>

export const Decision = strictObject({
  callId: Type.String({ maxLength: 200 }),
  digest: Type.String({ maxLength: 100, description: 'Of the call that was shown.' }),
  decision: Type.Enum(['approve', 'deny']),
})
export type Decision = Static<typeof Decision>

const { message: _message, ...asBefore } = ChatRequest.properties

export const ContinueRequest = strictObject({
  ...asBefore,
  continuation: Type.String({ maxLength: chatLimits.continuationCharacters }),
  decisions: Type.Array(Decision, { maxItems: 10 }),
})
export type ContinueRequest = Static<typeof ContinueRequest>

/** The events of one turn, in order: `turn` first; `result`, `pause` or `problem` last, exactly one of them. */
export type TurnEvent =
  | { readonly event: 'turn'; readonly data: TurnStart }
  | { readonly event: 'step'; readonly data: TraceStep }
  | { readonly event: 'delta'; readonly data: { readonly text: string } }
  | { readonly event: 'notice'; readonly data: Problem }
  | { readonly event: 'result'; readonly data: TurnResult }
  | { readonly event: 'pause'; readonly data: Pause }
  | { readonly event: 'problem'; readonly data: Problem }
