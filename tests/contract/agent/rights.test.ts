import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tenant } from '@entra-bedrock-agent/demo-tenant'
import { flowNames } from '@entra-bedrock-agent/identity-trace'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readGuide } from '../../guides/commands.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../../support/stack.ts'
import { tenantOf } from '../identity/trial.ts'
import { ask, bearer } from './ask.ts'

/** The rows of the table in docs/agents.md: agent, what the API demands, and the outcome in each flow. */
const [, section = ''] = /## Who may do what\n(.*?)\n## /s.exec(readGuide('agents.md')) ?? []
const rows = [...section.matchAll(/^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, agent = '', demand = '', ...outcomes]) => ({ agent, demand, outcomes }),
)
const { weather, alerts, trainee } = tenant.agents
/** The user accounts that those without one get, so that every agent can be asked in every flow. */
const users = {
  weather: weather.user.id,
  alerts: 'eeeeeeee-0000-4000-8000-0000000000a2',
  trainee: 'eeeeeeee-0000-4000-8000-0000000000a3',
}
const folder = mkdtempSync(join(tmpdir(), 'rights-'))
const AGENTS_CONFIG = join(folder, 'agents.json')

let stack: Stack
beforeAll(async () => {
  const ids = { weather, alerts, trainee }
  const agents = Object.entries(ids).map(([name, { id, displayName: title }]) => {
    const agentUser = { objectId: users[name as keyof typeof users] }
    return [name, { title, clientId: id, agentUser, flows: flowNames }] as const
  })
  writeFileSync(AGENTS_CONFIG, JSON.stringify({ agents: Object.fromEntries(agents) }))
  const pairs = agents.map(([, { clientId, agentUser }]) => `${clientId}=${agentUser.objectId}`)
  stack = await Stack.start({
    weather: {
      AGENT_CLIENT_ID: agents.map(([, { clientId }]) => clientId).join(','),
      AGENT_USERS: pairs.join(','),
    },
    agent: { AGENTS_CONFIG },
  })
  for (const name of ['alerts', 'trainee'] as const) {
    const mail = `${name}-agent@contoso.example`
    const account = { id: users[name], displayName: name, mail, userPrincipalName: mail }
    tenantOf(stack).directory.content.users.push({ ...account, identityParentId: tenant.agents[name].id })
  }
})
afterAll(async () => {
  await stack.close()
  rmSync(folder, { recursive: true })
})

/** An outcome in the words of the table. */
async function outcomeOf(agent: string, flow: (typeof flowNames)[number], token: string): Promise<string> {
  const { body } = await ask(stack.agentUrl, { agent, flow }, flow === 'obo' ? bearer(token) : {})
  if (body.code === undefined) return 'allowed'
  const { upstream } = body as { upstream?: { service: string } }
  return `${upstream?.service === 'entra' ? 'Entra' : 'API'}: \`${body.code}\``
}

it('Each agent gets in each flow, at each kind of API, what docs/agents.md says', async () => {
  const principal = tenantOf(stack).directory.principal(identities.weatherAppId)
  if (!principal) throw new Error('The tenant has no weather API.')
  const token = await stack.signIn(identities.ada.oid)
  const seen = []
  for (const { agent, demand } of rows) {
    const isAssigned = demand === 'assigned apps and users only'
    if (isAssigned !== principal.appRoleAssignmentRequired) await stack.restart('sidecar')
    principal.appRoleAssignmentRequired = isAssigned
    const outcomes = []
    for (const flow of flowNames) outcomes.push(await outcomeOf(agent, flow, token))
    seen.push({ agent, demand, outcomes })
  }
  expect(rows).toHaveLength(6)
  expect(seen).toEqual(rows)
})
