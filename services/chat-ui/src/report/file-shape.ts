import { Problem, TraceStep, TurnResult, TurnStart } from '@entra-bedrock-agent/identity-trace'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false } as const
const text = Type.String()

/** A failure as the page shows it. Those of the page itself have no request. */
const ShownProblem = Type.Object(
  {
    title: text,
    detail: text,
    hint: text,
    code: text,
    failedCheck: Problem.properties.failedCheck,
    needs: Problem.properties.needs,
  },
  strict,
)

/** A question and its answer, checked by the schemas of the events that they came in. */
export const ExportedTurn = Type.Object(
  {
    question: Type.Object(
      {
        message: text,
        agent: Type.Optional(text),
        mode: TurnStart.properties.mode,
        flow: TurnStart.properties.flow,
      },
      strict,
    ),
    state: Type.Enum(['done', 'failed', 'stopped']),
    turn: Type.Optional(TurnStart),
    clockAheadMs: Type.Optional(Type.Number()),
    answer: text,
    toolMarks: Type.Array(Type.Object({ stepId: text, at: Type.Integer({ minimum: 0 }) }, strict)),
    steps: Type.Array(TraceStep),
    notices: Type.Array(Problem),
    result: Type.Optional(TurnResult),
    problem: Type.Optional(ShownProblem),
  },
  strict,
)
export type ExportedTurn = Static<typeof ExportedTurn>

/** What a file holds: the whole of a JSON file, the one data block of a report. */
export const ExportedFile = Type.Object(
  {
    format: Type.Enum(['entra-bedrock-agent/identity-trace']),
    version: Type.Enum([1]),
    exportedAt: Type.String({ format: 'date-time' }),
    /** Where the page was opened, and which agent it was. */
    from: Type.Object({ host: text, version: text }, strict),
    /** Whether personal data and tenant are left out. */
    redacted: Type.Boolean(),
    /** Whether the page that made the file had itself only read it from one. */
    fromFile: Type.Boolean(),
    /** What the agent's configuration says of names, for those who have another agent's. */
    names: Type.Object(
      {
        agents: Type.Optional(Type.Array(Type.Object({ name: text, title: text }, strict))),
        apis: Type.Array(Type.Object({ name: text, title: text, appId: text }, strict)),
        names: Type.Record(Type.String(), text),
        emulated: Type.Array(text),
      },
      strict,
    ),
    turns: Type.Array(ExportedTurn, { minItems: 1, maxItems: 500 }),
  },
  strict,
)
export type ExportedFile = Static<typeof ExportedFile>
