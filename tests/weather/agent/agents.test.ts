import { writeFileSync } from 'node:fs'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { PublicConfig, Status } from '@entra-agents/trace'
import { Value } from 'typebox/value'
import { beforeEach, describe, expect, it } from 'vitest'
import { ask, askForStream, bearer, findMetricsUrl, tokenCards } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { tenantOf } from '../identity/trial.ts'
import { Stack } from '../support/stack.ts'

const { agentId, alertsAgentId: alertsId, traineeAgentId: traineeId, ada, ben } = identities
const file = temporaryFile('agents.json')
const agents = {
  trainee: { title: 'Trainee', clientId: traineeId, flows: ['autonomous'], requireSignIn: true },
  alerts: { title: 'Alerts', clientId: alertsId, flows: ['obo'] },
  weather: { title: 'Weather', description: 'Answers for everybody.', clientId: agentId },
}
writeFileSync(file, JSON.stringify({ agents, default: 'weather' }))
const stack = await forFile(
  Stack.start({
    weather: { AGENT_CLIENT_ID: `${agentId},${traineeId},${alertsId}` },
    agent: { AGENTS_CONFIG: file, AGENT_CLIENT_ID: undefined },
  }),
)
const tc = await stack.signIn(ada.oid)
beforeEach(() => {
  stack.agentLog.length = 0
})

async function get<T>(path: string): Promise<T> {
  return (await fetch(`${stack.agentUrl}${path}`)).json() as Promise<T>
}

describe('With two agents of one blueprint,', () => {
  it('the API lets in one agent and refuses the other for the same question, and says why', async () => {
    const allowed = await ask(stack.agentUrl, { agent: 'weather' })
    expect(allowed.body).toMatchObject({ agent: 'weather', finishReason: 'stop' })
    expect(tokenCards(allowed.body.trace, 'TR').at(-1)).toMatchObject({ claims: { azp: agentId } })

    const { events } = await askForStream(stack.agentUrl, { agent: 'trainee' }, bearer(tc))
    expect(events[0]).toMatchObject({ event: 'turn', data: { agent: 'trainee' } })
    expect(events.at(-1)).toMatchObject({
      event: 'problem',
      data: {
        code: 'API_FORBIDDEN',
        failedCheck: 'permission',
        needs: { permission: 'Weather.Read.All', kind: 'role' },
      },
    })
  })

  it('the default agent answers if the request names no agent', async () => {
    expect((await ask(stack.agentUrl)).body.agent).toBe('weather')
  })

  it('each agent has its own flows and its own rule for who may ask', async () => {
    expect((await ask(stack.agentUrl, { agent: 'trainee', flow: 'obo' }, bearer(tc))).body).toMatchObject({
      code: 'INVALID_REQUEST',
      detail: 'This agent has these flows: autonomous.',
    })
    expect((await ask(stack.agentUrl, { agent: 'trainee' })).body.code).toBe('SIGN_IN_REQUIRED')
  })

  it('an agent that is disabled at Entra stops as soon as its cached token is gone, while the other goes on', async () => {
    const principal = tenantOf(stack).directory.principal(agentId)
    if (!principal) throw new Error('The tenant has no such agent.')
    principal.accountEnabled = false
    expect((await ask(stack.agentUrl, { agent: 'weather' })).status).toBe(200)
    await stack.restart('sidecar')
    expect((await ask(stack.agentUrl, { agent: 'weather' })).body.code).toBe('AGENT_DISABLED')
    expect((await ask(stack.agentUrl, { agent: 'trainee' }, bearer(tc))).body.code).toBe('API_FORBIDDEN')
    principal.accountEnabled = true
    expect((await ask(stack.agentUrl, { agent: 'weather' })).status).toBe(200)
  })

  it('the audit log, the turn’s log line and the metrics name the agent that ran', async () => {
    await ask(stack.agentUrl, { agent: 'trainee' }, bearer(tc))
    const lines = stack.agentLog.map(line => JSON.parse(line))
    expect(lines.find(({ audit }) => audit === 'issued')).toMatchObject({
      agent: 'trainee',
      caller: traineeId,
    })
    expect(lines.find(({ outcome }) => outcome)).toMatchObject({ agent: 'trainee', outcome: 'API_FORBIDDEN' })
    const metrics = await (await fetch(await findMetricsUrl(stack.appOf('agent')))).text()
    const labels = 'agent="trainee",mode="direct",flow="autonomous",outcome="API_FORBIDDEN"'
    expect(metrics).toContain(`agent_turns_total{${labels}}`)
  })
})

it('A hundred concurrent turns, of two agents for two users and of one agent as itself, each get only their own token', async () => {
  const bens = await stack.signIn(ben.oid)
  const kinds = [
    { agent: 'weather', flow: 'autonomous', azp: agentId, oid: agentId, token: undefined },
    { agent: 'weather', flow: 'obo', azp: agentId, oid: ada.oid, token: tc },
    { agent: 'weather', flow: 'obo', azp: agentId, oid: ben.oid, token: bens },
    { agent: 'alerts', flow: 'obo', azp: alertsId, oid: ada.oid, token: tc },
    { agent: 'alerts', flow: 'obo', azp: alertsId, oid: ben.oid, token: bens },
  ]
  const turns = Array.from({ length: 20 }, () => kinds).flat()
  await stack.restart('sidecar')
  const seen = await Promise.all(
    turns.map(async ({ agent, flow, token }) => {
      const { body } = await ask(stack.agentUrl, { agent, flow }, token === undefined ? {} : bearer(token))
      const { azp, oid } = tokenCards(body.trace, 'TR').at(-1)?.claims ?? {}
      const call = body.trace.findLast(({ kind }) => kind === 'api-call')
      return { agent: body.agent, azp, oid, told: call?.response?.body }
    }),
  )
  expect(seen).toEqual(
    turns.map(({ agent, azp, oid }) => ({
      agent,
      azp,
      oid,
      told: expect.objectContaining({
        validated: expect.objectContaining({ caller: azp, on_behalf_of: oid === azp ? null : oid }),
      }),
    })),
  )
})

describe('What the page may know of several agents', () => {
  it('is their names, ids, flows and APIs, with the default agent first', async () => {
    const config = await get<PublicConfig>('/api/config')
    expect(Value.Check(PublicConfig, config)).toBe(true)
    const apis = ['weather-api']
    expect(config).toMatchObject({
      requireSignIn: false,
      agents: [
        { name: 'weather', ...agents.weather, flows: ['autonomous', 'obo'], apis, requireSignIn: false },
        { name: 'trainee', ...agents.trainee, apis },
        { name: 'alerts', ...agents.alerts, apis },
      ],
      names: { [agentId]: 'Weather', [traineeId]: 'Trainee' },
    })
  })

  it('is the health of each agent in each of its flows', async () => {
    await ask(stack.agentUrl)
    const status = await get<Status>('/api/status')
    expect(Value.Check(Status, status)).toBe(true)
    expect(status.agents?.['weather']).toMatchObject({
      state: 'ready',
      flows: { autonomous: { state: 'ready' } },
    })
    expect(Object.keys(status.agents?.['trainee']?.flows ?? {})).toEqual(['autonomous'])
  })
})
