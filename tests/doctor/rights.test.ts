import { writeFileSync } from 'node:fs'
import { type Flow, flowNames, flows } from '@entra-bedrock-agent/identity-trace'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { ask, bearer } from '../contract/agent/ask.ts'
import { identities } from '../support/identities.ts'
import { Laptop } from './support/laptop.ts'

const { agentId, agentUserId, alertsAgentId, traineeAgentId, weatherAppId, ada } = identities
/** Of one blueprint; each could be asked in every flow. */
const agents = {
  weather: { clientId: agentId, userId: agentUserId },
  alerts: { clientId: alertsAgentId, userId: 'eeeeeeee-0000-4000-8000-0000000000b2' },
  trainee: { clientId: traineeAgentId, userId: 'eeeeeeee-0000-4000-8000-0000000000b3' },
}
type Agent = keyof typeof agents
/** Whether the API leaves rights to its own check, or Entra demands an assignment before it issues a token. */
const apis = ['open', 'assigned'] as const

type Outcome =
  | { readonly allowed: true }
  | { readonly at: 'entra' | 'weather-api'; readonly code: string; readonly aadsts?: number }
const allowed: Outcome = { allowed: true }
const forbidden: Outcome = { at: 'weather-api', code: 'API_FORBIDDEN' }
const atEntra = (code: string, aadsts: number): Outcome => ({ at: 'entra', code, aadsts })

// biome-ignore format: table
const table: Readonly<Record<(typeof apis)[number], Readonly<Record<Agent, Readonly<Record<Flow, Outcome>>>>>> = {
  open: {
    weather: { autonomous: allowed, obo: allowed, 'agent-user': allowed },
    alerts: { autonomous: forbidden, obo: allowed, 'agent-user': allowed },
    trainee: { autonomous: forbidden, obo: atEntra('CONSENT_REQUIRED', 65001), 'agent-user': atEntra('AGENT_USER_NOT_CONSENTED', 65001) },
  },
  assigned: {
    weather: { autonomous: allowed, obo: allowed, 'agent-user': atEntra('AGENT_NOT_PERMITTED', 50105) },
    alerts: { autonomous: atEntra('AGENT_NOT_PERMITTED', 501051), obo: allowed, 'agent-user': atEntra('AGENT_NOT_PERMITTED', 50105) },
    trainee: { autonomous: atEntra('AGENT_NOT_PERMITTED', 501051), obo: atEntra('CONSENT_REQUIRED', 65001), 'agent-user': atEntra('AGENT_NOT_PERMITTED', 50105) },
  },
}
const cells = (Object.keys(agents) as Agent[]).flatMap(agent => flowNames.map(flow => ({ agent, flow })))

let laptop: Laptop
beforeAll(async () => {
  laptop = await Laptop.start()
  const entries = Object.entries(agents).map(([name, { clientId, userId }]) => [
    name,
    { title: name, clientId, agentUser: { objectId: userId }, flows: flowNames },
  ])
  writeFileSync(laptop.agentsFile, JSON.stringify({ agents: Object.fromEntries(entries) }))
  await laptop.stack.restart('weather', {
    AGENT_CLIENT_ID: Object.values(agents)
      .map(({ clientId }) => clientId)
      .join(','),
    AGENT_USERS: Object.values(agents)
      .map(({ clientId, userId }) => `${clientId}=${userId}`)
      .join(','),
  })
  const { content } = laptop.entra.directory
  for (const { clientId, userId } of [agents.alerts, agents.trainee]) {
    const mail = `${userId}@contoso.example`
    content.users.push({
      id: userId,
      displayName: mail,
      mail,
      userPrincipalName: mail,
      identityParentId: clientId,
    })
  }
  const [assignment] = content.appRoleAssignments.filter(({ principalId }) => principalId === agentId)
  if (assignment) content.appRoleAssignments.push({ ...assignment, id: 'ada', principalId: ada.oid })
  await laptop.stack.start('agent', { AGENTS_CONFIG: laptop.agentsFile })
})
afterAll(() => laptop[Symbol.asyncDispose]())

it.each(apis)(
  'Each agent is let in, denied at Entra or denied at the API in each flow, and agent and doctor tell which: %s API',
  async api => {
    const principal = laptop.entra.directory.principal(weatherAppId)
    if (principal) principal.appRoleAssignmentRequired = api === 'assigned'
    expect(principal?.id).toBe(seedIds.weatherPrincipal)
    await laptop.stack.restart('sidecar')
    const userToken = await laptop.token()
    const told = await Promise.all(
      cells.map(async ({ agent, flow }) => {
        const { body } = await ask(laptop.stack.agentUrl, { agent, flow }, bearer(userToken))
        const { code, upstream } = body
        return { agent, flow, outcome: code === undefined ? allowed : describe(code, upstream) }
      }),
    )
    expect(told).toEqual(cells.map(({ agent, flow }) => ({ agent, flow, outcome: table[api][agent][flow] })))

    const findings = await laptop.examine({ AGENTS_CONFIG: laptop.agentsFile }, { userToken })
    const found = cells.map(({ agent, flow }) => {
      const [token, call] = findings.filter(
        ({ check }) => check.includes(` ${flows[flow].inWords}`) && check.endsWith(`(${agent})`),
      )
      return [token?.code ?? token?.status, call?.code ?? call?.status]
    })
    expect(found).toEqual(
      cells.map(({ agent, flow }) => {
        const outcome = table[api][agent][flow]
        if ('allowed' in outcome) return ['PASS', 'PASS']
        return outcome.at === 'entra' ? [outcome.code, 'NOT_CHECKED'] : ['PASS', outcome.code]
      }),
    )
  },
)

function describe(code: string, upstream: { service: string; code?: string } | undefined): Outcome {
  const at = upstream?.service === 'weather-api' ? 'weather-api' : 'entra'
  const aadsts = /^AADSTS(\d+)$/.exec(upstream?.code ?? '')?.[1]
  return { at, code, ...(aadsts ? { aadsts: Number(aadsts) } : {}) }
}
