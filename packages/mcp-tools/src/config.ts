import { type DownstreamApi, nameSidecarEntries } from '@entra-agents/identity/core'
import { describeShapeFaults, type EnvironmentReader, loopbackHosts } from '@entra-agents/service-kit'
import { defaultFlows, FlowName, strictObject } from '@entra-agents/trace'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { nameForModel } from './offered-tools/tool-names.ts'

/** An MCP server: an API like any other, with the tools that the model may use. */
export interface McpServer {
  readonly api: DownstreamApi
  /** The only tools that the model is offered, by the server's names for them. */
  readonly allowedTools: readonly string[]
  /** The allowed tools that change nothing, as the configuration says. Calls of all other tools wait for approval. */
  readonly readOnlyTools: readonly string[]
  /** Further tools that the agent may call without approval, but only in flows in which no user could approve. */
  readonly unattendedTools: readonly string[]
  /** The scopes that the server demands for calls of tools, by the server's names for the tools. */
  readonly toolScopes: Readonly<Record<string, string>>
  /** Whether the server carries out a call only once, however often it gets the call with the same idempotency key. */
  readonly keepsIdempotencyKeys: boolean
  /** The hash that a tool's definition must have, for tools that are pinned. */
  readonly pins: Readonly<Record<string, string>>
  readonly protocol: 'auto' | '2026-07-28' | '2025-11-25'
  readonly limits: {
    /** The time limit for one call. */
    readonly timeoutMs: number
    /** The largest response that the agent takes from the server. */
    readonly maxResultBytes: number
    /** How much of one result the model may read. */
    readonly maxResultCharacters: number
  }
}

const ToolNames = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 100 })
const guidPattern = '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$'
const Scope = Type.String({ pattern: '^(?!(?:openid|profile|email|offline_access)$)[A-Za-z][\\w.-]*$' })
const ServerEntry = strictObject({
  url: Type.String(),
  downstreamApi: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]*$' }),
  appId: Type.String({ pattern: guidPattern }),
  flows: Type.Optional(Type.Array(FlowName, { minItems: 1 })),
  allowedTools: { ...ToolNames, minItems: 1 },
  readOnlyTools: Type.Optional(ToolNames),
  unattendedTools: Type.Optional(ToolNames),
  keepsIdempotencyKeys: Type.Optional(Type.Boolean()),
  scopes: Type.Optional(Type.Array(Scope, { minItems: 1, maxItems: 20 })),
  toolScopes: Type.Optional(Type.Record(Type.String(), Scope)),
  authenticationContexts: Type.Optional(
    Type.Array(Type.String({ pattern: '^c[1-9][0-9]?$' }), { maxItems: 99 }),
  ),
  pins: Type.Optional(Type.Record(Type.String(), Type.String({ pattern: '^sha256-\\S+$' }))),
  protocol: Type.Optional(Type.Enum(['auto', '2026-07-28', '2025-11-25'])),
  timeoutMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 600_000 })),
  maxResultBytes: Type.Optional(Type.Integer({ minimum: 1_024, maximum: 16 * 1024 * 1024 })),
  maxResultCharacters: Type.Optional(Type.Integer({ minimum: 100, maximum: 1_000_000 })),
})
type ServerEntry = Static<typeof ServerEntry>
const ServersFile = strictObject({ mcpServers: Type.Record(Type.String(), Type.Unknown()) })

const serverNamePattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/
/** Leaves room in every tool's name for the whole prefix `<server>__`. */
const maxServerNameCharacters = 40
const credentialParameter =
  /^(?:code|auth)$|(?:^|[-_.])(?:key|sig|signature|secret|password|credentials?|jwt)$|(?:apikey|token|authorization)$/i
/** Names that traces and the status use for something else. */
const reservedNames = ['user', 'agent', 'sidecar', 'entra', 'bedrock']

/**
 * Reads the servers from the file that `MCP_CONFIG` names; without a file there are no servers. The file must have the hash
 * `MCP_CONFIG_SHA256`, if that is set. Faults are reported with those of the environment.
 */
export function readMcpServers(
  env: EnvironmentReader,
  otherApis: readonly DownstreamApi[],
): readonly McpServer[] {
  const content = env.jsonFile('MCP_CONFIG', 'MCP_CONFIG_SHA256')
  if (content === undefined) return []
  const file = env.text('MCP_CONFIG')
  if (!Compile(ServersFile).Check(content)) {
    env.fault(`${file} (MCP_CONFIG) must be {"mcpServers": {"<name>": {…}}} and nothing else.`)
    return []
  }
  const taken = [...reservedNames, ...otherApis.map(({ name }) => name)]
  return Object.entries(content.mcpServers).flatMap(([name, entry]) => {
    const faults = [...findFaults(name, entry, taken)]
    for (const fault of faults) env.fault(`${file} (MCP_CONFIG), server "${name}": ${fault}.`)
    return faults.length === 0 ? [describeServer(name, entry as ServerEntry, otherApis)] : []
  })
}

function* findFaults(name: string, entry: unknown, taken: readonly string[]): Generator<string, void> {
  if (!serverNamePattern.test(name) || name.length > maxServerNameCharacters)
    yield `its name must be in kebab-case and have ${maxServerNameCharacters} characters at most`
  if (taken.includes(name)) yield 'its name is taken'
  const { url } = Object(entry) as { url?: unknown }
  if (typeof url === 'string') yield* findUrlFaults(url)
  const shape = Compile(ServerEntry)
  if (!shape.Check(entry)) return yield* describeShapeFaults(shape.Errors(entry))
  const { allowedTools, readOnlyTools = [], unattendedTools = [], pins = {} } = entry
  const { scopes, toolScopes = {} } = entry
  function* findUnknownTools(member: string, tools: readonly string[]) {
    for (const tool of tools)
      if (!allowedTools.includes(tool)) yield `${member} has "${tool}", which is not in allowedTools`
  }
  for (const tool of allowedTools)
    if (tool.includes('*'))
      yield `allowedTools has "${tool}", but there are no wildcards: each tool has to be named`
  yield* findNameClashes(name, allowedTools)
  yield* findUnknownTools('readOnlyTools', readOnlyTools)
  yield* findUnknownTools('unattendedTools', unattendedTools)
  for (const tool of unattendedTools)
    if (readOnlyTools.includes(tool))
      yield `unattendedTools has "${tool}", which never waits, since readOnlyTools has it too`
  yield* findUnknownTools('pins', Object.keys(pins))
  yield* findUnknownTools('toolScopes', Object.keys(toolScopes))
  for (const scope of Object.values(toolScopes))
    if (scopes?.includes(scope) === false) yield `toolScopes has "${scope}", which is not in scopes`
}

/** Tokens are sent to this URL: it must be https, or http that leaves neither this machine nor the cluster. */
function* findUrlFaults(text: string): Generator<string, void> {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) return yield 'url must be an http or https URL'
  const isInside =
    loopbackHosts.includes(url.hostname) || /^[a-z0-9-]+$|\.svc(\.cluster\.local)?$/.test(url.hostname)
  if (url.protocol === 'http:' && !isInside)
    yield 'url must be https, or http to localhost or to a Service of the cluster, since tokens travel there'
  if (url.username || url.password) yield 'url must not contain a user name or password'
  if (url.hash) yield 'url must have no fragment'
  for (const name of url.searchParams.keys())
    if (credentialParameter.test(name))
      yield `url must not have "${name}" in its query, which looks like a credential: traces show the url`
}

function* findNameClashes(server: string, tools: readonly string[]): Generator<string, void> {
  for (const [index, tool] of tools.entries()) {
    const name = nameForModel(server, tool)
    const other = tools.slice(0, index).find(earlier => nameForModel(server, earlier) === name)
    if (other !== undefined) yield `its tools "${other}" and "${tool}" would both be called ${name}`
  }
}

function describeServer(name: string, entry: ServerEntry, otherApis: readonly DownstreamApi[]): McpServer {
  const { flows = defaultFlows, pins = {}, protocol = 'auto', allowedTools } = entry
  const { readOnlyTools = [], unattendedTools = [], authenticationContexts = [] } = entry
  const { keepsIdempotencyKeys = false, toolScopes = {} } = entry
  const { timeoutMs = 20_000, maxResultBytes = 256 * 1024, maxResultCharacters = 20_000 } = entry
  const appId = entry.appId.toLowerCase()
  const shared = otherApis.find(other => other.appId.toLowerCase() === appId)?.permissions?.scope
  return {
    api: {
      name,
      title: `${name} MCP server`,
      url: entry.url,
      healthPath: undefined,
      appId,
      authenticationContexts,
      sidecarEntries: nameSidecarEntries(entry.downstreamApi),
      flows,
      permissions: undefined,
      scopes: entry.scopes ?? (shared === undefined ? undefined : [shared]),
      isOptional: true,
    },
    allowedTools,
    readOnlyTools,
    unattendedTools,
    toolScopes,
    keepsIdempotencyKeys,
    pins,
    protocol,
    limits: { timeoutMs, maxResultBytes, maxResultCharacters },
  }
}
