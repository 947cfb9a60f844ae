import { describeShapeFaults, type EnvironmentReader } from '@entra-agents/service-kit'
import { defaultFlows, FlowName, strictObject } from '@entra-agents/trace'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { AgentIdentity, Agents, Blueprint } from './agent-identity.ts'

const guidPattern = '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$'
const AgentEntry = strictObject({
  title: Type.String({ maxLength: 60, pattern: '^(?=.*\\S)[^\\p{C}]+$' }),
  description: Type.Optional(Type.String({ maxLength: 300 })),
  clientId: Type.String({ pattern: guidPattern }),
  agentUser: Type.Optional(strictObject({ objectId: Type.String({ pattern: guidPattern }) })),
  requireSignIn: Type.Optional(Type.Boolean()),
  withoutRights: Type.Optional(Type.Boolean()),
  flows: Type.Optional(Type.Array(FlowName, { minItems: 1, uniqueItems: true })),
  apis: Type.Optional(Type.Array(Type.String(), { minItems: 1, uniqueItems: true })),
  changes: Type.Optional(Type.Array(Type.String(), { uniqueItems: true })),
})
type AgentEntry = Static<typeof AgentEntry>
const AgentsFile = strictObject({
  agents: Type.Record(Type.String(), Type.Unknown(), { minProperties: 1 }),
  default: Type.Optional(Type.String()),
})

const agentNamePattern = /^(?=.{1,40}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/

/**
 * Reads the agents from the file that `AGENTS_CONFIG` names; without a file the only agent is `default`,
 * with the id `AGENT_CLIENT_ID`. The file must have the hash `AGENTS_CONFIG_SHA256`, if that is set. Faults are reported with
 * those of the environment.
 *
 * @param apis names of the APIs and MCP servers that an agent may have
 * @returns the agents, the default one first
 */
export function readAgents(env: EnvironmentReader, blueprint: Blueprint, apis: readonly string[]): Agents {
  const onlyDefault = (): Agents => [
    { ...blueprint, name: 'default', clientId: env.guid('AGENT_CLIENT_ID'), flows: defaultFlows },
  ]
  if (env.optional('AGENTS_CONFIG') === undefined) return onlyDefault()
  const content = env.jsonFile('AGENTS_CONFIG', 'AGENTS_CONFIG_SHA256')
  const unusable: Agents = [{ ...blueprint, name: '', clientId: '', flows: [] }]
  if (content === undefined) return unusable
  const file = `${env.text('AGENTS_CONFIG')} (AGENTS_CONFIG)`
  if (!Compile(AgentsFile).Check(content)) {
    env.fault(`${file} must be {"agents": {"<name>": {…}}, "default": "<name>"} and nothing else.`)
    return unusable
  }
  const { agents, default: first = Object.keys(agents)[0] } = content
  const taken = [blueprint.blueprintAppId, blueprint.tenantId]
  const read = Object.entries(agents).flatMap(([name, entry]) => {
    const faults = [...findFaults(name, entry, apis, taken)]
    for (const fault of faults) env.fault(`${file}, agent "${name}": ${fault}.`)
    if (faults.length > 0) return []
    const agent = describeAgent(name, entry as AgentEntry, blueprint)
    taken.push(agent.clientId, ...(agent.agentUserId === undefined ? [] : [agent.agentUserId]))
    return [agent]
  })
  const chosen = read.find(({ name }) => name === first)
  if (chosen) return [chosen, ...read.filter(agent => agent !== chosen)]
  if (first === undefined || !Object.hasOwn(agents, first))
    env.fault(`${file}: default names no agent of the file.`)
  return unusable
}

function* findFaults(
  name: string,
  entry: unknown,
  apis: readonly string[],
  taken: readonly string[],
): Generator<string, void> {
  if (!agentNamePattern.test(name)) yield 'its name must be in kebab-case and have 40 characters at most'
  const shape = Compile(AgentEntry)
  if (!shape.Check(entry)) return yield* describeShapeFaults(shape.Errors(entry))
  const clientId = entry.clientId.toLowerCase()
  const userId = entry.agentUser?.objectId.toLowerCase()
  if (taken.includes(clientId))
    yield 'its clientId is that of the blueprint, of the tenant, of another agent or of its user account'
  if (userId !== undefined && [...taken, clientId].includes(userId))
    yield 'its agentUser is the id of an agent, or that of another one’s user account'
  if (entry.flows?.includes('agent-user') && userId === undefined)
    yield 'the flow agent-user needs agentUser, the object id of the agent’s user account'
  yield* findUnknownApis(entry, apis)
}

function* findUnknownApis({ apis = [], changes = [] }: AgentEntry, known: readonly string[]) {
  for (const api of apis)
    if (!known.includes(api)) yield `apis has "${api}", but there are only ${known.join(', ')}`
  const own = apis.length > 0 ? apis : known
  for (const api of changes)
    if (!own.includes(api)) yield `changes has "${api}", but the agent uses only ${own.join(', ')}`
}

function describeAgent(name: string, entry: AgentEntry, blueprint: Blueprint): AgentIdentity {
  const { clientId, flows = defaultFlows, agentUser, ...rest } = entry
  return {
    ...blueprint,
    ...rest,
    name,
    clientId: clientId.toLowerCase(),
    ...(agentUser ? { agentUserId: agentUser.objectId.toLowerCase() } : {}),
    flows,
  }
}
