import { Problem, strictObject, TraceStep, TurnResult, TurnStart } from '@entra-agents/trace'
import { type Static, Type } from 'typebox'

const text = Type.String()

/** A failure as the page shows it. Failures of the page itself have no request id. */
const ShownProblem = strictObject({
  title: text,
  detail: text,
  hint: text,
  code: text,
  failedCheck: Problem.properties.failedCheck,
  needs: Problem.properties.needs,
})

/** A question and its answer, checked by the schemas of the events that they came in. */
export const ExportedTurn = strictObject({
  question: strictObject({
    message: text,
    agent: Type.Optional(text),
    mode: TurnStart.properties.mode,
    flow: TurnStart.properties.flow,
  }),
  state: Type.Enum(['done', 'failed', 'stopped']),
  turn: Type.Optional(TurnStart),
  clockAheadMs: Type.Optional(Type.Number()),
  answer: text,
  toolMarks: Type.Array(strictObject({ stepId: text, at: Type.Integer({ minimum: 0 }) })),
  steps: Type.Array(TraceStep),
  notices: Type.Array(Problem),
  result: Type.Optional(TurnResult),
  problem: Type.Optional(ShownProblem),
})
export type ExportedTurn = Static<typeof ExportedTurn>

/** The content of a JSON file, or of the data block of a report. */
export const ExportedFile = strictObject({
  format: Type.Enum(['entra-bedrock-agent/identity-trace']),
  version: Type.Enum([1]),
  exportedAt: Type.String({ format: 'date-time' }),
  /** The host of the page, and the version of the agent. */
  from: strictObject({ host: text, version: text }),
  /** Whether personal data and tenant are left out. */
  redacted: Type.Boolean(),
  /** Whether the page that made this file had read the answers from another file. */
  fromFile: Type.Boolean(),
  /** Names from the agent's configuration, for readers whose page is configured for another agent. */
  names: strictObject({
    agents: Type.Optional(Type.Array(strictObject({ name: text, title: text }))),
    apis: Type.Array(strictObject({ name: text, title: text, appId: text })),
    names: Type.Record(Type.String(), text),
    emulated: Type.Array(text),
  }),
  turns: Type.Array(ExportedTurn, { minItems: 1, maxItems: 500 }),
})
export type ExportedFile = Static<typeof ExportedFile>
