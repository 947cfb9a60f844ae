import { writeFileSync } from 'node:fs'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { PublicConfig, Status } from '@entra-agents/trace'
import { Value } from 'typebox/value'
import { beforeEach, describe, expect, it } from 'vitest'
import { ask, askForStream, bearer, tokenCards } from '../../contract/agent/ask.ts'
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
    const steps = events.flatMap(({ event, data }) => (event === 'step' ? [data] : []))
    const verified = tokenCards(steps, 'TR').flatMap(({ verifiedBy = [] }) => verifiedBy)
    const { checks = [] } = verified.findLast(({ actor }) => actor === 'weather-api') ?? {}
    const made = ['signature', 'issuer', 'tenant', 'audience', 'lifetime', 'caller', 'permission']
    expect(checks.map(({ name }) => name)).toEqual(made)
    expect(checks.filter(({ ok }) => !ok)).toEqual([{ name: 'permission', ok: false }])
  })

  it('a right that one of them gets while the sidecar has its token in the cache works at the next question, at every replica', async () => {
    const { content } = tenantOf(stack).directory
    const before = content.appRoleAssignments
    const [role] = before.filter(({ principalId }) => principalId === agentId)
    if (!role) throw new Error('The agent has no role.')
    const replicas = [await stack.startReplica(), await stack.startReplica()]
    content.appRoleAssignments = [...before, { ...role, id: 'just-now', principalId: traineeId }]
    for (const url of replicas) {
      const { body } = await ask(url, { agent: 'trainee' }, bearer(token))
      expect(body).toMatchObject({ agent: 'trainee', finishReason: 'stop' })
    }
    content.appRoleAssignments = before
    await stack.restart('sidecar')
  })

  it('each agent has its own flows and its own rule for who may ask', async () => {
    expect((await askTrainee('obo')).body.code).toBe('INVALID_REQUEST')
    expect((await ask(stack.agentUrl, { agent: 'trainee' })).body.code).toBe('SIGN_IN_REQUIRED')
  })

  it('an agent that is disabled at Entra stops as soon as its cached token is gone, while the other goes on', async () => {
    const principal = tenantOf(stack).directory.principal(agentId)
    if (!principal) throw new Error('The tenant has no such agent.')
    const byDefault = async () => (await ask(stack.agentUrl)).body.agent
    expect(await byDefault()).toBe('weather')
    principal.accountEnabled = false
    expect(await byDefault()).toBe('weather')
    await stack.restart('sidecar')
    expect((await ask(stack.agentUrl)).body.code).toBe('AGENT_DISABLED')
    expect((await askTrainee()).body.code).toBe('API_FORBIDDEN')
    principal.accountEnabled = true
    expect((await ask(stack.agentUrl)).status).toBe(200)
  })

  it('the audit log and the turn’s log line name the agent that ran', async () => {
    await askTrainee()
    const lines = stack.agentLog.map(line => JSON.parse(line))
    const issued = { audit: 'issued', agent: 'trainee', caller: traineeId }
    const turn = { agent: 'trainee', outcome: 'API_FORBIDDEN' }
    for (const line of [issued, turn]) expect(lines).toContainEqual(expect.objectContaining(line))
  })
})

it('A hundred concurrent streams, of two agents for two users and of one agent as itself, each get only their own token, trace and answer; no token is in a stream or the log', async () => {
  const tokens = { [ada.oid]: token, [ben.oid]: await stack.signIn(ben.oid) }
  const cities = ['Dallas', 'Oslo', 'Tokyo', 'Nairobi', 'Lima', 'Quito', 'Rome']
  const kinds = [
    { agent: 'weather', flow: 'autonomous', azp: agentId, oid: agentId, user: ada.oid },
    ...[ada.oid, ben.oid].flatMap(oid => [
      { agent: 'weather', flow: 'obo', azp: agentId, oid, user: oid },
      { agent: 'alerts', flow: 'obo', azp: alertsId, oid, user: oid },
    ]),
  ]
  const turns = Array.from({ length: 20 }, () => kinds)
    .flat()
    .map((kind, index) => ({ ...kind, city: cities[index % cities.length] }))
  await stack.restart('sidecar')
  const seen = await Promise.all(
    turns.map(async ({ agent, flow, user, city }) => {
      // In the autonomous flow the token is sent as well: it must not appear anywhere.
      const asked = { agent, flow, message: `Weather in ${city}?` }
      const { events, text } = await askForStream(stack.agentUrl, asked, bearer(tokens[user] ?? ''))
      const steps = events.flatMap(({ event, data }) => (event === 'step' ? [data] : []))
      const { azp, oid } = tokenCards(steps, 'TR').at(-1)?.claims ?? {}
      return {
        turn: { agent, flow, azp, oid, user, city },
        validated: /"caller":"(.*?)","on_behalf_of":(.*?),/.exec(text)?.slice(1).join(' '),
        cities: cities.filter(one => text.includes(one)),
        users: [ada.oid, ben.oid].filter(one => text.includes(one)),
        text,
      }
    }),
  )
  for (const [index, { turn, validated, cities, users }] of seen.entries()) {
    expect(turn).toEqual(turns[index])
    const user = turn.flow === 'obo' ? [turn.user] : []
    expect({ validated, cities, users }).toEqual({
      validated: `${turn.azp} ${JSON.stringify(user[0] ?? null)}`,
      cities: [turn.city],
      users: user,
    })
  }
  const written = [...seen.map(({ text }) => text), ...stack.agentLog].join('')
  expect(written).not.toMatch(/eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/)
  for (const one of Object.values(tokens)) expect(written).not.toContain(one.split('.')[2])
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
