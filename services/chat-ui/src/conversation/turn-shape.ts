import {
  Decision,
  Problem,
  Sentence,
  strictObject,
  TraceStep,
  TurnResult,
  TurnStart,
} from '@entra-agents/trace'
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
  blockedByPolicy: Problem.properties.blockedByPolicy,
  policyIds: Problem.properties.policyIds,
})

const DecidedCall = strictObject({
  kind: Type.Optional(Type.Enum(['consent', 'step-up'])),
  title: text,
  sentence: Type.Optional(Sentence),
  /** Of the page's earlier versions. */
  arguments: Type.Optional(Type.Record(text, Type.Unknown())),
  stepId: text,
  decision: Decision.properties.decision,
  at: Type.Optional(Type.String({ format: 'date-time' })),
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
  decided: Type.Optional(Type.Array(DecidedCall)),
  result: Type.Optional(TurnResult),
  problem: Type.Optional(ShownProblem),
})
export type ExportedTurn = Static<typeof ExportedTurn>
