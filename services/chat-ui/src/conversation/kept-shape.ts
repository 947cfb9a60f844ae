import { strictObject, TurnResult, TurnStart } from '@entra-agents/trace'
import { type Static, Type } from 'typebox'
import { ExportedTurn } from './turn-shape.ts'

const text = Type.String()
const { mode, flow } = TurnStart.properties

/** What a file has of a question and its answer, and what only the page knows. */
const KeptExchange = strictObject({
  ...ExportedTurn.properties,
  question: strictObject({ message: text, agent: text, mode, flow }),
  owner: Type.Optional(strictObject({ agent: text, flow, objectId: Type.Optional(text) })),
  state: Type.Enum(['running', 'done', 'failed', 'stopped']),
  /** A proxy's problem can have any other members. */
  problem: Type.Optional(
    Type.Object({ title: text, detail: text, hint: text, code: text, claimsChallenge: Type.Optional(text) }),
  ),
  before: Type.Optional(text),
  earlier: Type.Optional(TurnResult.properties.timing),
  unsent: Type.Optional(Type.Enum(['expired', 'left', 'unanswered'])),
  isCutOff: Type.Optional(Type.Literal(true)),
})
export type KeptExchange = Static<typeof KeptExchange>

/** A conversation as the browser keeps it. */
export const KeptConversation = strictObject({
  id: text,
  exchanges: Type.Array(KeptExchange),
  follows: Type.Array(Type.Integer()),
  shown: Type.Integer(),
  left: Type.Integer(),
})
