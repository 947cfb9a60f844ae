/** The chat between page and agent: `POST /api/chat`, answered with one JSON document or a stream of events. */
import { type Static, Type } from 'typebox'
import { flowNames } from './flows.ts'
import { chatLimits } from './limits.ts'
import { Problem } from './problem.ts'
import { TraceStep } from './schema.ts'
import { strictObject } from './strict-object.ts'

export const Mode = Type.Enum(['direct', 'bedrock'])
/** In mode `direct` there is no model; in mode `bedrock` Claude reasons and calls tools. */
export type Mode = Static<typeof Mode>

export const FlowName = Type.Enum(flowNames)

export const HistoryEntry = strictObject({
  role: Type.Enum(['user', 'assistant']),
  text: Type.String({ maxLength: chatLimits.historyCharacters }),
})
export type HistoryEntry = Static<typeof HistoryEntry>

export const ChatRequest = strictObject({
  message: Type.String({ description: '1–4,000 characters after trimming.' }),
  agent: Type.Optional(Type.String({ description: 'Name of the agent; default: the default one.' })),
  mode: Mode,
  flow: FlowName,
  history: Type.Optional(Type.Array(HistoryEntry, { maxItems: chatLimits.historyEntries })),
  pauseFor: Type.Optional(
    Type.Array(Type.Enum(['consent']), {
      maxItems: 1,
      description:
        'Where a turn waits instead of failing. It always waits before a tool that changes something.',
    }),
  ),
})
export type ChatRequest = Static<typeof ChatRequest>

export const ToolUse = strictObject({
  name: Type.String(),
  arguments: Type.Record(Type.String(), Type.Unknown()),
  status: Type.Enum(['ok', 'failed', 'denied']),
  mayHaveBeenDone: Type.Optional(
    Type.Literal(true, { description: 'The call was sent, and nobody knows whether it was carried out.' }),
  ),
})
export type ToolUse = Static<typeof ToolUse>

export const TokenUsage = strictObject({
  inputTokens: Type.Integer({ description: 'All that the model was given, the cached ones included.' }),
  outputTokens: Type.Integer(),
  cacheReadInputTokens: Type.Integer({ description: 'Of the input: read from the prompt cache.' }),
  cacheWriteInputTokens: Type.Integer({ description: 'Of the input: written to the prompt cache.' }),
})
/** The tokens that the model read and wrote in all calls of a turn. */
export type TokenUsage = Static<typeof TokenUsage>

export const turnStartMembers = {
  turnId: Type.String(),
  /** The id of the turn's OpenTelemetry trace, if turns are traced. */
  traceId: Type.Optional(Type.String()),
  /** Name of the agent that answers. */
  agent: Type.Optional(Type.String()),
  mode: Mode,
  flow: FlowName,
  model: Type.Union([Type.String(), Type.Null()]),
}

export const TurnStart = strictObject({
  ...turnStartMembers,
  startedAt: Type.String({ format: 'date-time' }),
})
export type TurnStart = Static<typeof TurnStart>

/** What the last event of a turn reports, both if the turn has ended and if it waits. */
export const turnFigureMembers = {
  /** The answer's text; in a continued turn, only the text since the turn was last continued. */
  answer: Type.String(),
  /** The tokens of the whole turn. */
  usage: Type.Union([TokenUsage, Type.Null()]),
  timing: strictObject({ firstTokenMs: Type.Number(), totalMs: Type.Number() }),
  tools: Type.Array(ToolUse),
  notices: Type.Array(Problem),
}

const turnResultMembers = {
  ...turnStartMembers,
  ...turnFigureMembers,
  finishReason: Type.Enum(['stop', 'length', 'refusal']),
}

/** The last event of a successful turn. The JSON response has the members of this event, and `trace`. */
export const TurnResult = strictObject(turnResultMembers)
export type TurnResult = Static<typeof TurnResult>

export const ChatResponse = strictObject({ ...turnResultMembers, trace: Type.Array(TraceStep) })
export type ChatResponse = Static<typeof ChatResponse>
