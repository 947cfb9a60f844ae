import { writeFileSync } from 'node:fs'
import { type Flow, flowNames, flows } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { ask, bearer } from '../../../../../tests/contract/agent/ask.ts'
import { readGuide } from '../../../../../tests/guides/commands.ts'
import { forFile } from '../../../../../tests/support/for-file.ts'
import { identities } from '../../../../../tests/support/identities.ts'
import { Laptop } from './support/laptop.ts'

/** The rows of the table in docs/agents.md: agent, what the API demands, and the outcome in each flow. */
const [, section = ''] = /## Who may do what\n(.*?)\n## /s.exec(readGuide('agents.md')) ?? []
const rows = [...section.matchAll(/^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, agent = '', demand = '', ...outcomes]) => ({ agent, demand, outcomes }),
)
const demands = [...new Set(rows.map(({ demand }) => demand))]
/** Agents that have no user account get one here, so that each agent can be asked in every flow. */
const agents = [
  { name: 'weather', clientId: identities.agentId, userId: identities.agentUserId },
  { name: 'alerts', clientId: identities.alertsAgentId, userId: 'eeeeeeee-0000-4000-8000-0000000000a2' },
  { name: 'trainee', clientId: identities.traineeAgentId, userId: 'eeeeeeee-0000-4000-8000-0000000000a3' },
]
const laptop = await forFile(Laptop.start())
const entries = agents.map(({ name, clientId, userId }) => [
  name,
  { title: name, clientId, agentUser: { objectId: userId }, flows: flowNames },
])
writeFileSync(laptop.agentsFile, JSON.stringify({ agents: Object.fromEntries(entries) }))
await laptop.stack.restart('weather', {
  AGENT_CLIENT_ID: agents.map(({ clientId }) => clientId).join(','),
  AGENT_USERS: agents.map(({ clientId, userId }) => `${clientId}=${userId}`).join(','),
})
for (const { name, clientId, userId } of agents.slice(1)) {
  const mail = `${name}-agent@contoso.example`
  const account = { id: userId, displayName: name, mail, userPrincipalName: mail }
  laptop.entra.directory.content.users.push({ ...account, identityParentId: clientId })
}
await laptop.stack.start('agent', { AGENTS_CONFIG: laptop.agentsFile })

/** An outcome in the words of the table, as the agent reports it. */
async function agentOutcome(agent: string, flow: Flow, token: string): Promise<string> {
  const { body } = await ask(laptop.stack.agentUrl, { agent, flow }, flow === 'obo' ? bearer(token) : {})
  if (body.code === undefined) return 'allowed'
  return `${body.upstream?.service === 'entra' ? 'Entra' : 'API'}: \`${body.code}\``
}

/** An outcome in the words of the table, as the doctor reports it by its checks of the token and of the call. */
function doctorOutcome(findings: Awaited<ReturnType<Laptop['examine']>>, agent: string, flow: Flow): string {
  const isAbout = (check: string) => check.includes(` ${flows[flow].inWords}`) && check.endsWith(`(${agent})`)
  const [token, call] = findings.filter(({ check }) => isAbout(check))
  if (token?.status === 'FAIL') return `Entra: \`${token.code}\``
  return call?.status === 'FAIL'
    ? `API: \`${call.code}\``
    : `${call?.status === 'PASS' ? 'allowed' : call?.status}`
}

it('The table of docs/agents.md has a row for each agent and each demand of an API', () => {
  expect(rows).toHaveLength(agents.length * demands.length)
})

it.each(demands)(
  'Agent and doctor report, for each agent and flow, what docs/agents.md says of an API that accepts tokens of %s',
  async demand => {
    const principal = laptop.entra.directory.principal(identities.weatherAppId)
    if (!principal) throw new Error('The tenant has no weather API.')
    principal.appRoleAssignmentRequired = demand === 'assigned apps and users only'
    await laptop.stack.restart('sidecar')
    const userToken = await laptop.token()
    const findings = await laptop.examine({ AGENTS_CONFIG: laptop.agentsFile }, { userToken })
    const expected = rows.filter(row => row.demand === demand)
    const seen = []
    for (const { agent } of expected) {
      const outcomes = []
      for (const flow of flowNames) outcomes.push(await agentOutcome(agent, flow, userToken))
      expect(flowNames.map(flow => doctorOutcome(findings, agent, flow))).toEqual(outcomes)
      seen.push({ agent, demand, outcomes })
    }
    expect(seen).toEqual(expected)
  },
)
