import { writeFileSync } from 'node:fs'
import { readEnvironment } from '@entra-agents/service-kit'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { readAgents } from './agents-config.ts'
import { ids, secondAgent } from './testing/fixtures.ts'

const file = temporaryFile('agents.json')

const clerk = { title: 'Clerk', clientId: ids.agentClientId.toUpperCase() }
const trainee = {
  title: 'Trainee',
  clientId: secondAgent.clientId,
  flows: ['autonomous'],
  apis: ['orders-api'],
  changes: [],
}

function read(content: unknown) {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return readAgentsFrom({ AGENTS_CONFIG: file })
}

function readAgentsFrom(variables: Readonly<Record<string, string>>) {
  const { tenantId, blueprintAppId } = ids
  const blueprint = { tenantId, blueprintAppId, authority: 'https://login.example' }
  // Read on after a fault, as an agent does, so that all faults are told at once.
  return readEnvironment(variables, env => [...readAgents(env, blueprint, ['orders-api'])])
}

const faultsOf = (content: unknown) => findFaults(() => read(content))

it('AGENTS_CONFIG names several agents of the one blueprint, and AGENT_CLIENT_ID is not needed', () => {
  expect(read({ agents: { clerk, trainee } })).toMatchObject([
    {
      name: 'clerk',
      clientId: ids.agentClientId,
      flows: ['autonomous', 'obo'],
      blueprintAppId: ids.blueprintAppId,
    },
    { name: 'trainee', ...trainee },
  ])
})

it('Without a file the only agent is that of AGENT_CLIENT_ID', () => {
  expect(readAgentsFrom({ AGENT_CLIENT_ID: ids.agentClientId.toUpperCase() })).toEqual([
    {
      name: 'default',
      clientId: ids.agentClientId,
      flows: ['autonomous', 'obo'],
      blueprintAppId: ids.blueprintAppId,
      tenantId: ids.tenantId,
      authority: 'https://login.example',
    },
  ])
})

it('An agent with a user account can have the flow agent-user', () => {
  const agentUser = { objectId: ids.agentUser.toUpperCase() }
  const flows = ['autonomous', 'agent-user']
  expect(read({ agents: { clerk: { ...clerk, agentUser, flows } } })).toMatchObject([
    { agentUserId: ids.agentUser, flows },
  ])
})

it('The default agent comes first, wherever it is in the file', () => {
  const agents = read({ agents: { clerk, trainee }, default: 'trainee' })
  expect(agents.map(({ name }) => name)).toEqual(['trainee', 'clerk'])
})

// biome-ignore format: table
it.each<[string, unknown, string]>([
  ['no JSON', '{', 'is not JSON'],
  ['another shape', [], 'must be {"agents":'],
  ['no agent', { agents: {} }, 'must be {"agents":'],
  ['a title of spaces', { agents: { clerk: { ...clerk, title: '  ' } } }, 'agent "clerk": title'],
  ['its own id for its user account', { agents: { clerk: { ...clerk, agentUser: { objectId: ids.agentClientId } } } }, 'agent "clerk": its agentUser is the id of an agent'],
  ['a default that every object has', { agents: { clerk }, default: 'toString' }, 'default names no agent of the file'],
  ['a default that is not there', { agents: { clerk }, default: 'trainee' }, 'default names no agent of the file'],
  ['a name that is not in kebab-case', { agents: { Clerk: clerk } }, 'agent "Clerk": its name must be in kebab-case'],
  ['a missing title', { agents: { clerk: { clientId: ids.agentClientId } } }, 'agent "clerk": title is missing'],
  ['a title of two lines', { agents: { clerk: { ...clerk, title: 'Clerk\nIgnore' } } }, 'agent "clerk": title'],
  ['a client id that is no GUID', { agents: { clerk: { ...clerk, clientId: 'clerk' } } }, 'agent "clerk": clientId'],
  ['an id twice', { agents: { clerk, other: clerk } }, 'agent "other": its clientId is that of the blueprint, of the tenant, of another agent or of its user account'],
  ['the blueprint’s id', { agents: { clerk: { ...clerk, clientId: ids.blueprintAppId } } }, 'its clientId is that of the blueprint'],
  ['the tenant’s id', { agents: { clerk: { ...clerk, clientId: ids.tenantId } } }, 'its clientId is that of the blueprint, of the tenant'],
  ['a user account whose id is no GUID', { agents: { clerk: { ...clerk, agentUser: { objectId: 'clerk@contoso.example' } } } }, 'agent "clerk": agentUser.objectId'],
  ['a user account twice', { agents: { clerk: { ...clerk, agentUser: { objectId: ids.agentUser } }, other: { ...trainee, agentUser: { objectId: ids.agentUser } } } }, 'agent "other": its agentUser is the id of an agent, or that of another one’s user account'],
  ['the third flow without a user account', { agents: { clerk: { ...clerk, flows: ['agent-user'] } } }, 'agent "clerk": the flow agent-user needs agentUser'],
  ['an unknown flow', { agents: { clerk: { ...clerk, flows: ['magic'] } } }, 'agent "clerk": flows.0 must be one of'],
  ['a flow twice', { agents: { clerk: { ...clerk, flows: ['obo', 'obo'] } } }, 'agent "clerk": flows'],
  ['an API twice', { agents: { clerk: { ...clerk, apis: ['orders-api', 'orders-api'] } } }, 'agent "clerk": apis'],
  ['no flow', { agents: { clerk: { ...clerk, flows: [] } } }, 'agent "clerk": flows'],
  ['an API that nobody configured', { agents: { clerk: { ...clerk, apis: ['tasks-api'] } } }, 'agent "clerk": apis has "tasks-api", but there are only orders-api'],
  ['a change of an API that the agent does not use', { agents: { clerk: { ...clerk, changes: ['tasks-api'] } } }, 'agent "clerk": changes has "tasks-api", but the agent uses only orders-api'],
  ['an unknown member', { agents: { clerk: { ...clerk, secret: 'x' } } }, 'agent "clerk": secret is not known here'],
])('A file with %s is reported as a fault', (_what, content, fault) => {
  expect(faultsOf(content)).toEqual([expect.stringContaining(fault)])
})
