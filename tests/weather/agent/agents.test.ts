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
    // Without a real limit, so that turns are concurrent.
    agent: { AGENTS_CONFIG: file, AGENT_CLIENT_ID: undefined, RATE_LIMIT_PER_MINUTE: '1000000' },
  }),
)
const token = await stack.signIn(ada.oid)
const askTrainee = async (flow = 'autonomous') =>
  ask(stack.agentUrl, { agent: 'trainee', flow }, bearer(token))
beforeEach(() => {
  stack.agentLog.length = 0
})

describe('With two agents of one blueprint,', () => {
  it('the API lets in one agent and refuses the other for the same question, and says why', async () => {
    const allowed = await ask(stack.agentUrl, { agent: 'weather' })
    expect(allowed.body).toMatchObject({ agent: 'weather', finishReason: 'stop' })
    expect(tokenCards(allowed.body.trace, 'TR').at(-1)).toMatchObject({ claims: { azp: agentId } })

    const { events } = await askForStream(stack.agentUrl, { agent: 'trainee' }, bearer(token))
    expect(events[0]).toMatchObject({ event: 'turn', data: { agent: 'trainee' } })
    const needs = { permission: 'Weather.Read.All', kind: 'role' }
    expect(events.at(-1)).toMatchObject({
      event: 'problem',
      data: { code: 'API_FORBIDDEN', failedCheck: 'permission', needs },
    })
  })

  it('each agent has its own flows and its own rule for who may ask; without a name the default agent answers', async () => {
    const detail = 'This agent has these flows: autonomous.'
    expect((await askTrainee('obo')).body).toMatchObject({ code: 'INVALID_REQUEST', detail })
    expect((await ask(stack.agentUrl, { agent: 'trainee' })).body.code).toBe('SIGN_IN_REQUIRED')
    expect((await ask(stack.agentUrl)).body.agent).toBe('weather')
  })

  it('an agent that is disabled at Entra stops as soon as its cached token is gone, while the other goes on', async () => {
    const principal = tenantOf(stack).directory.principal(agentId)
    if (!principal) throw new Error('The tenant has no such agent.')
    principal.accountEnabled = false
    expect((await ask(stack.agentUrl)).status).toBe(200)
    await stack.restart('sidecar')
    expect((await ask(stack.agentUrl)).body.code).toBe('AGENT_DISABLED')
    expect((await askTrainee()).body.code).toBe('API_FORBIDDEN')
    principal.accountEnabled = true
    expect((await ask(stack.agentUrl)).status).toBe(200)
  })

  it('the audit log, the turn’s log line and the metrics name the agent that ran', async () => {
    await askTrainee()
    const lines = stack.agentLog.map(line => JSON.parse(line))
    const [issued, turn] = [
      lines.find(({ audit }) => audit === 'issued'),
      lines.find(({ outcome }) => outcome),
    ]
    expect(issued).toMatchObject({ agent: 'trainee', caller: traineeId })
    expect(turn).toMatchObject({ agent: 'trainee', outcome: 'API_FORBIDDEN' })
    const metrics = await (await fetch(await findMetricsUrl(stack.appOf('agent')))).text()
    const labels = 'agent="trainee",mode="direct",flow="autonomous",outcome="API_FORBIDDEN"'
    expect(metrics).toContain(`agent_turns_total{${labels}}`)
  })
})

it('A hundred concurrent turns, of two agents for two users and of one agent as itself, each get only their own token', async () => {
  const tokenOfBen = await stack.signIn(ben.oid)
  const kinds = [
    { agent: 'weather', flow: 'autonomous', azp: agentId, oid: agentId },
    { agent: 'weather', flow: 'obo', azp: agentId, oid: ada.oid },
    { agent: 'weather', flow: 'obo', azp: agentId, oid: ben.oid },
    { agent: 'alerts', flow: 'obo', azp: alertsId, oid: ada.oid },
    { agent: 'alerts', flow: 'obo', azp: alertsId, oid: ben.oid },
  ]
  const turns = Array.from({ length: 20 }, () => kinds).flat()
  await stack.restart('sidecar')
  const seen = await Promise.all(
    turns.map(async ({ agent, flow, oid: asked }) => {
      const { body } = await ask(
        stack.agentUrl,
        { agent, flow },
        bearer(asked === ben.oid ? tokenOfBen : token),
      )
      const { azp, oid } = tokenCards(body.trace, 'TR').at(-1)?.claims ?? {}
      const call = body.trace.findLast(({ kind }) => kind === 'api-call')
      return { agent: body.agent, azp, oid, told: call?.response?.body }
    }),
  )
  const validatedFor = (caller: string, oid: string) =>
    expect.objectContaining({ caller, on_behalf_of: oid === caller ? null : oid })
  expect(seen).toEqual(
    turns.map(({ agent, azp, oid }) => {
      const told = expect.objectContaining({ validated: validatedFor(azp, oid) })
      return { agent, azp, oid, told }
    }),
  )
})

it('The page may know the agents’ names, ids, flows, APIs and health, with the default agent first', async () => {
  await ask(stack.agentUrl)
  const get = async (path: string): Promise<unknown> => (await fetch(`${stack.agentUrl}${path}`)).json()
  const [config, status] = [await get('/api/config'), await get('/api/status')]
  expect([Value.Check(PublicConfig, config), Value.Check(Status, status)]).toEqual([true, true])
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
  const weather = { state: 'ready', flows: { autonomous: { state: 'ready' } } }
  expect(status).toMatchObject({ agents: { weather } })
  expect(Object.keys((status as Status).agents?.['trainee']?.flows ?? {})).toEqual(['autonomous'])
})
