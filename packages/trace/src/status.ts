/** `GET /api/status` and `GET /api/config`: health and configuration of the agent. */
import { type Static, Type } from 'typebox'
import { FlowName, Mode } from './chat.ts'
import { mapFlows } from './flows.ts'
import { linkPlaceholders } from './link-templates.ts'
import { Problem } from './problem.ts'
import { strictObject } from './strict-object.ts'

const componentMembers = {
  state: Type.Enum(['ready', 'unavailable', 'unknown']),
  checkedAt: Type.Optional(Type.String({ format: 'date-time' })),
  problem: Type.Optional(Problem),
}

/** The health of something that the agent depends on. `ready` means that it worked when last used or probed. */
export const Component = Type.Object({
  ...componentMembers,
  /** Only for an MCP server: each tool that its configuration allows. `name` is the server's name for the tool. */
  tools: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String(),
        /** Whether the tool's calls wait for the user's approval. */
        waits: Type.Optional(Type.Boolean()),
        ...componentMembers,
      }),
    ),
  ),
})
export type Component = Static<typeof Component>

const BedrockComponent = Type.Object({
  ...componentMembers,
  model: Type.Union([Type.String(), Type.Null()]),
  region: Type.Union([Type.String(), Type.Null()]),
  credential: Type.Enum(['sts', 'api-key', 'federation', 'pod-identity', 'default-chain', 'none']),
})
export type BedrockComponent = Static<typeof BedrockComponent>

/** `sidecar`, `bedrock`, and each downstream API by its name, with `_` in place of `-`. */
export type Components = {
  sidecar: Component
  bedrock: BedrockComponent
  [api: string]: Component
}

export const Status = Type.Object({
  status: Type.Enum(['ok', 'degraded']),
  version: Type.String(),
  bedrock_available: Type.Boolean(),
  components: Type.Unsafe<Components>(
    Type.Object({ sidecar: Component, bedrock: BedrockComponent }, { additionalProperties: Component }),
  ),
  /** Health of the default agent's flows. */
  flows: Type.Object(mapFlows(() => Component)),
  /** Each agent by its name, with the flows that it has. */
  agents: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Object({ ...componentMembers, flows: Type.Partial(Type.Object(mapFlows(() => Component))) }),
    ),
  ),
  emulated: Type.Array(Type.String()),
})
export type Status = Static<typeof Status>

export const TraceAudience = Type.Enum(['everyone', 'signed-in', 'nobody'])
/** Who gets the trace in responses. */
export type TraceAudience = Static<typeof TraceAudience>

/** How the sidecar authenticates to Entra as the blueprint. */
export const blueprintCredentials = ['secret', 'certificate', 'federated', 'unknown'] as const
export type BlueprintCredential = (typeof blueprintCredentials)[number]

function linkTemplate(what: string) {
  const placeholders = linkPlaceholders.join(', ')
  return Type.String({ description: `Where people find ${what}: an http or https URL with ${placeholders}.` })
}

/** What an example's question leads to, as far as that is known without asking it. */
const ExampleCall = Type.Object({
  question: Type.String(),
  /** The name of the API that is called. */
  api: Type.String(),
  /** The app role or the scope that TR needs. */
  permissions: Type.Optional(Type.Object({ role: Type.String(), scope: Type.String() })),
  /** Whether the call changes something, so that its user has to approve it. */
  waits: Type.Boolean(),
  /** Whether the API may want more proof from the user, such as a second factor. */
  wantsProof: Type.Boolean(),
})
export type ExampleCall = Static<typeof ExampleCall>

/** A question that the page offers to ask two agents side by side, in a flow that both have, with a model. */
export const Comparison = strictObject({
  title: Type.String({ minLength: 1, maxLength: 80 }),
  /** What happens then, in one sentence. */
  about: Type.String({ minLength: 1, maxLength: 200 }),
  question: Type.String({ minLength: 1, maxLength: 2_000 }),
  flow: FlowName,
  agents: Type.Tuple([Type.String(), Type.String()], { description: 'Their names, left and right.' }),
})
export type Comparison = Static<typeof Comparison>

/** The configuration that the page gets; public ids only. */
export const PublicConfig = Type.Object({
  tenantId: Type.String(),
  authority: Type.String(),
  authorityMetadata: Type.Optional(
    Type.String({
      description: 'OpenID Connect metadata as JSON text; only with an emulator of Entra on loopback.',
    }),
  ),
  spaClientId: Type.Union([Type.String(), Type.Null()]),
  scopes: Type.Array(Type.String()),
  modes: Type.Array(Mode),
  flows: Type.Array(FlowName),
  /** The agents that may be asked, the default one first. */
  agents: Type.Array(
    Type.Object({
      name: Type.String(),
      title: Type.String(),
      description: Type.Optional(Type.String()),
      clientId: Type.String(),
      flows: Type.Array(FlowName),
      apis: Type.Array(Type.String()),
      changes: Type.Optional(
        Type.Array(Type.String(), {
          description: 'Those of `apis` that it may change, as the configuration says.',
        }),
      ),
      requireSignIn: Type.Boolean(),
      withoutRights: Type.Optional(
        Type.Boolean({ description: 'As the configuration says; only Entra and the APIs know the rights.' }),
      ),
    }),
  ),
  blueprintCredential: Type.Enum(blueprintCredentials, {
    description: 'As BLUEPRINT_CREDENTIAL says; the sidecar holds it, and the agent cannot see which it is.',
  }),
  requireSignIn: Type.Boolean(),
  traceFor: TraceAudience,
  entraLogUrl: Type.Optional(linkTemplate('what Entra logged of a token request')),
  traceUrl: Type.Optional(linkTemplate('the OpenTelemetry trace of a turn')),
  /** The downstream APIs that the agent has tools for. */
  apis: Type.Array(Type.Object({ name: Type.String(), title: Type.String(), appId: Type.String() })),
  names: Type.Record(Type.String(), Type.String(), { description: 'What the ids in tokens stand for.' }),
  /** Messages to try, which the page shows in an empty conversation. */
  examples: Type.Array(Type.String()),
  /** Messages to try on behalf of a user only. */
  userExamples: Type.Array(Type.String()),
  /** Messages to try that only a model understands. */
  modelExamples: Type.Array(Type.String()),
  /** The calls of those messages that direct mode understands. */
  exampleCalls: Type.Optional(Type.Array(ExampleCall)),
  comparison: Type.Optional(Comparison),
  emulated: Type.Array(Type.String()),
})
export type PublicConfig = Static<typeof PublicConfig>

/** What the page may know of an agent. */
export type PublicAgent = PublicConfig['agents'][number]
