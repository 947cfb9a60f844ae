import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readApiValidation } from '@entra-agents/identity/core'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { type Flow, flowNames } from '@entra-agents/trace'
import { beforeAll, expect, it } from 'vitest'
import { newServicePrincipal } from '../../../emulators/entra/src/directory/objects.ts'
import { ask, bearer } from '../../contract/agent/ask.ts'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { notesAppId, startNotesServer } from '../../contract/mcp-client/notes-server.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { registerApis } from '../../support/register-api.ts'
import { tenantOf } from '../identity/trial.ts'
import { Stack } from '../support/stack.ts'

/** In each round, each agent runs a turn for each user in each flow, alternately by REST and by MCP. */
const rounds = 4
const parallelTurns = 24
const guid = (kind: string, number: number) =>
  `${kind.repeat(8)}-0000-4000-8000-0000000001${number.toString(16).padStart(2, '0')}`
const agents = Array.from({ length: 6 }, (_, number) => ({
  name: `agent-${number}`,
  clientId: guid('b', number),
  userId: guid('f', number),
}))
const users = Array.from({ length: 20 }, (_, number) => guid('e', number))
const [switchedOff] = agents.slice(-1)

interface PlannedTurn {
  readonly number: number
  readonly agent: (typeof agents)[number]
  readonly flow: Flow
  /** The user who is signed in, and for whom the agent acts in the flow on behalf of users. */
  readonly user: string
}

const folder = temporaryFolder()
const notes = { appId: notesAppId, appRoles: ['Notes.Read.All'], scopes: ['Notes.Read'] }
const weather = {
  AGENT_CLIENT_ID: agents.map(({ clientId }) => clientId).join(','),
  AGENT_USERS: agents.map(({ clientId, userId }) => `${clientId}=${userId}`).join(','),
}
const aws = await forFile(EmulatedAws.start())
const stack = await forFile(
  Stack.start({ ...registerApis(folder, { notes }), weather }, ['entra', 'sidecar', 'weather']),
)
const { directory, keys } = tenantOf(stack)
const notesServer = await forFile(startNotesServer(stack.entraUrl))
const tokens = new Map<string, string>()

function writeJson(name: string, content: object): string {
  writeFileSync(join(folder, name), JSON.stringify(content))
  return join(folder, name)
}

beforeAll(async () => {
  addAgentsAndUsers()
  const flows = flowNames
  const described = agents.map(({ name, clientId, userId }) => {
    return [name, { title: name, clientId, agentUser: { objectId: userId }, flows }]
  })
  const tools = { allowedTools: ['get_note'], readOnlyTools: ['get_note'] }
  const server = { url: notesServer.url, downstreamApi: 'notes', appId: notesAppId, ...tools, flows }
  await stack.start('agent', {
    ...aws.environment,
    ...staticKeys,
    AGENTS_CONFIG: writeJson('agents.json', { agents: Object.fromEntries(described) }),
    MCP_CONFIG: writeJson('mcp.json', { mcpServers: { notes: server } }),
    RATE_LIMIT_PER_MINUTE: '100000',
    LOG_LEVEL: 'silent',
  })
  for (const user of users) tokens.set(user, await stack.signIn(user))
}, 120_000)

/** Each agent gets the rights that the seeded agent has at every API. */
function addAgentsAndUsers(): void {
  const { content } = directory
  const roles = content.appRoleAssignments.filter(({ principalId }) => principalId === identities.agentId)
  const grants = content.permissionGrants.filter(({ clientId }) => clientId === identities.agentId)
  for (const { name, clientId, userId } of agents) {
    const ofBlueprint = { displayName: name, agentIdentityBlueprintId: identities.blueprintAppId }
    content.servicePrincipals.push(
      newServicePrincipal({ id: clientId, appId: clientId, kind: 'agentIdentity', ...ofBlueprint }),
    )
    content.users.push({ ...describeUser(userId), identityParentId: clientId })
    for (const role of roles)
      content.appRoleAssignments.push({ ...role, id: `${role.id} ${name}`, principalId: clientId })
    for (const grant of grants)
      content.permissionGrants.push({ ...grant, id: `${grant.id} ${name}`, clientId })
  }
  content.users.push(...users.map(describeUser))
}

function describeUser(id: string) {
  const mail = `${id}@contoso.example`
  return { id, displayName: id, mail, userPrincipalName: mail }
}

function planTurns(): PlannedTurn[] {
  const each = agents.flatMap(agent => users.flatMap(user => flowNames.map(flow => ({ agent, user, flow }))))
  return Array.from({ length: rounds }, () => each)
    .flat()
    .map((one, number) => ({ ...one, number }))
}

/** The client and the subject of the token that a server got. */
function expectedIdentity({ agent, flow, user }: PlannedTurn): string {
  const subjects = { autonomous: agent.clientId, obo: user, 'agent-user': agent.userId }
  return `${agent.clientId} for ${subjects[flow]}`
}

/** Runs one turn; returns what the server itself verified of the token, or the problem's code. */
async function runTurn({ agent, flow, user, number }: PlannedTurn): Promise<string> {
  const round = Math.floor(number / (agents.length * users.length * flowNames.length))
  const mode = (number + round) % 2 === 0 ? 'direct' : 'bedrock'
  const message = mode === 'direct' ? 'Weather in Oslo?' : `Get note on topic Apollo${number}`
  const asked = { agent: agent.name, flow, mode, message }
  const { status, body } = await ask(stack.agentUrl, asked, bearer(tokens.get(user) ?? ''))
  if (status !== 200) return body.code
  if (mode === 'direct') {
    const call = body.trace.findLast(({ kind }) => kind === 'api-call')
    const { caller, on_behalf_of: subject } = readApiValidation(call?.response?.body) ?? {}
    return `${caller} for ${subject ?? caller}`
  }
  const [, reader] =
    new RegExp(`Apollo${number} is due on Friday, reader: ([^\\s.,]+)`).exec(body.answer) ?? []
  const { azp } = body.trace.findLast(({ token }) => token?.role === 'TR')?.token?.claims ?? {}
  const isAhead = body.trace.some(({ ahead }) => ahead)
  return `${azp} for ${reader}${isAhead ? '' : ', whose token was not asked for ahead'}`
}

/** A turn may fail only because its agent is switched off or because the sidecar is restarting on a busy machine. */
function isExplained({ agent }: PlannedTurn, code: string): boolean {
  if (code === 'AGENT_DISABLED') return agent === switchedOff
  return code === 'SIDECAR_UNREACHABLE' || code === 'ENTRA_UNAVAILABLE'
}

it('Thousands of turns of 6 agents, 20 users and 3 flows at once, by REST and MCP, reach every server with their own token, while the sidecar restarts, keys change and an agent is switched off', async () => {
  const turns = planTurns()
  const at = (part: number) => Math.floor(turns.length * part)
  const events = new Map<number, () => unknown>([
    [at(0.25), () => stack.restart('sidecar')],
    [at(0.5), () => keys.rotate(3_600)],
    [
      at(0.6),
      () => Object.assign(directory.principal(switchedOff?.clientId ?? '') ?? {}, { accountEnabled: false }),
    ],
    [at(0.75), () => stack.restart('sidecar')],
  ])
  const outcomes: { readonly turn: PlannedTurn; readonly seen: string }[] = []
  const waiting = turns[Symbol.iterator]()
  await Promise.all(
    Array.from({ length: parallelTurns }, async () => {
      for (const turn of waiting) {
        await events.get(turn.number)?.()
        outcomes.push({ turn, seen: await runTurn(turn) })
      }
    }),
  )

  const refused = outcomes.filter(({ seen }) => /^[A-Z_]+$/.test(seen))
  const answered = outcomes.filter(one => !refused.includes(one))
  expect(answered.filter(({ turn, seen }) => seen !== expectedIdentity(turn))).toEqual([])
  const codes = Object.groupBy(refused, ({ seen }) => seen)
  process.stdout.write(
    `${answered.length} of ${turns.length} turns were answered. Refused: ${Object.keys(codes)}\n`,
  )
  expect(refused.filter(({ turn, seen }) => !isExplained(turn, seen))).toEqual([])
  expect(codes['AGENT_DISABLED']?.length).toBeGreaterThan(0)
  expect(outcomes).toHaveLength(turns.length)
  expect(answered.length).toBeGreaterThan(turns.length * 0.75)
}, 600_000)
