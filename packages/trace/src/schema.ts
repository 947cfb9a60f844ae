/** Schemas of what the agent sends and the page shows; validation, types and OpenAPI are derived from the schemas. */
import { type Static, Type } from 'typebox'
import { type ActsAs, flows } from './flows.ts'
import { Problem } from './problem.ts'
import { strictObject } from './strict-object.ts'

/** `user`, `agent`, `sidecar`, `entra`, `bedrock`, or the name of a downstream API, such as `weather-api`. */
export const Actor = Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' })
export type Actor = Static<typeof Actor>

const StepKind = Type.Enum([
  'sign-in',
  'token-request',
  'token',
  'model',
  'tool',
  'api-call',
  'validation',
  'approval',
  'consent',
])

const StepStatus = Type.Enum(['running', 'waiting', 'ok', 'failed', 'not-observable'])

const TokenRole = Type.Enum(['Tc', 'T1', 'T2', 'TR'])
/**
 * Tc is the user's token for the blueprint. T1 is the blueprint's exchange token, which names the agent. T2 is the agent's
 * exchange token, with which the agent gets a token of its user account. TR is the agent's token for the API.
 */
export type TokenRole = Static<typeof TokenRole>

const ActsAsName = Type.Unsafe<ActsAs>(Type.Enum(Object.values(flows).map(({ actsAs }) => actsAs)))

/** One check of a token and its outcome, as reported by the code that made the check. */
export const Check = strictObject({ name: Type.String(), ok: Type.Boolean() })
export type Check = Static<typeof Check>

/**
 * A token as it may be shown: decoded parts and a fingerprint, never the token itself. `observed` is false if the agent
 * did not see the token, and knows of the token only from the protocol.
 */
export const TokenCard = strictObject({
  role: TokenRole,
  /** Whose rights TR has; the cards of other tokens lack this member. */
  actsAs: Type.Optional(ActsAsName),
  observed: Type.Boolean(),
  fingerprint: Type.Optional(Type.String({ pattern: '^[0-9a-f]{12}$' })),
  header: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  claims: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  verifiedBy: Type.Optional(Type.Array(strictObject({ actor: Actor, checks: Type.Array(Check) }))),
})
export type TokenCard = Static<typeof TokenCard>

/** Ids by which a hop is found in the logs of Entra and AWS. None of them is a secret. */
export const LogIds = strictObject({
  /** The same for all requests of a turn in Entra's sign-in logs. */
  correlationId: Type.Optional(Type.String()),
  /** The claim `uti` of the token: `UniqueTokenIdentifier` in Entra's sign-in logs. */
  tokenId: Type.Optional(Type.String()),
  /** The id of a request that Entra refused. */
  entraRequestId: Type.Optional(Type.String()),
  /** `requestID` in CloudTrail. */
  awsRequestId: Type.Optional(Type.String()),
})
export type LogIds = Static<typeof LogIds>

/** One hop. A `not-observable` hop is only inferred by the agent; every other hop has happened, with a measured `durationMs`. */
export const TraceStep = strictObject({
  id: Type.String(),
  parentId: Type.Optional(Type.String()),
  kind: StepKind,
  from: Actor,
  to: Actor,
  /** For people, never to be parsed. */
  title: Type.String(),
  status: StepStatus,
  /** Missing if the hop could not be observed (`not-observable`). */
  startedAt: Type.Optional(Type.String({ format: 'date-time' })),
  durationMs: Type.Optional(Type.Number({ minimum: 0 })),
  request: Type.Optional(
    strictObject({
      method: Type.String(),
      url: Type.String(),
      headers: Type.Record(Type.String(), Type.String()),
      body: Type.Optional(Type.Unknown()),
    }),
  ),
  response: Type.Optional(strictObject({ status: Type.Integer(), body: Type.Optional(Type.Unknown()) })),
  /** The call of a tool, as the model or direct mode asked for it; without arguments if these were no JSON object. */
  tool: Type.Optional(
    strictObject({
      name: Type.String(),
      arguments: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    }),
  ),
  /** What the user decided about the call in `tool`, and how long the user took to decide. */
  approval: Type.Optional(
    strictObject({
      decision: Type.Enum(['approve', 'deny']),
      digest: Type.String(),
      waitedMs: Type.Number({ minimum: 0 }),
    }),
  ),
  token: Type.Optional(TokenCard),
  /** A token was asked for when the model began a call, before the call's arguments were complete. */
  ahead: Type.Optional(Type.Literal(true)),
  /** No call has taken the token that was asked for ahead; whatever became of the request says nothing of the turn. */
  unused: Type.Optional(Type.Literal(true)),
  logIds: Type.Optional(LogIds),
  problem: Type.Optional(Problem),
})
export type TraceStep = Static<typeof TraceStep>
