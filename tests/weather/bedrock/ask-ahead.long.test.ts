import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { type Flow, flowNames, type TraceStep } from '@entra-agents/trace'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  ask,
  bearer,
  continueTurn,
  postChat,
  type TurnOutcome,
  tokenCards,
} from '../../contract/agent/ask.ts'
import { staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import {
  answer,
  ScriptedBedrock,
  type StreamEvent,
  stopEvents,
  toFrame,
  toolBlock,
  toolStep,
} from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { askWeather, resetStack, tenantOf, tokenRequests } from '../identity/trial.ts'
import { Stack } from '../support/stack.ts'

const { agentId, agentUserId, ada } = identities

const model = await forFile(new ScriptedBedrock().start())
const [agents, alerts, denied] = ['agents.json', 'alerts.sqlite', 'denied.json'].map(name =>
  temporaryFile(name),
)
const agent = { title: 'Weather', clientId: agentId, agentUser: { objectId: agentUserId }, flows: flowNames }
writeFileSync(agents ?? '', JSON.stringify({ agents: { weather: agent } }))
const stack = await forFile(
  Stack.start({
    weather: { AGENT_USERS: `${agentId}=${agentUserId}`, ALERTS_FILE: alerts },
    agent: {
      ...staticKeys,
      ...model.environment,
      AGENTS_CONFIG: agents,
      WEATHER_API_ALERTS: 'true',
      ALERTS_AUTH_CONTEXT: 'c1',
      RATE_LIMIT_PER_MINUTE: '100000',
    },
  }),
)
const tokenOfAda = await stack.signIn(ada.oid)
// The agent's first check of the sidecar asks for tokens, too; no test may count them.
for (const flow of ['autonomous', 'agent-user'] as const) await askWeather(stack, flow)

/** What happened in a test, in order: requests that arrived, and what the model wrote. */
const happened: string[] = []
const watched = new WeakSet<object>()

beforeEach(async () => {
  await resetStack(stack)
  for (const part of ['sidecar', 'weather'] as const) {
    if (watched.has(stack.appOf(part))) continue
    watched.add(stack.appOf(part))
    onRequest(part, () => void happened.push(part))
  }
  happened.length = 0
  stack.agentLog.length = 0
})

/** Sees the requests that reach a service until it restarts. */
function onRequest(
  part: 'sidecar' | 'weather',
  see: (request: IncomingMessage, response: ServerResponse) => void,
): void {
  stack.appOf(part).server.prependListener('request', see)
}

/** An event of the model, or what it waits for before the next one. */
type Play = StreamEvent | (() => unknown)

/** Responds to the calls of the model in order with these events. */
function play(...answers: (readonly Play[])[]): void {
  const waiting = [...answers]
  model.script = async (_request, response) => {
    for (const one of waiting.shift() ?? [])
      if (typeof one === 'function') await one()
      else response.write(toFrame(one))
    response.end()
  }
}

const seen = (what: string, times = 1) => happened.filter(one => one === what).length >= times
/** Lets the model wait until something has happened. */
const until = (what: string, times?: number) => () =>
  vi.waitUntil(() => seen(what, times), { timeout: 20_000, interval: 2 })
const say = (what: string) => () => void happened.push(what)
const pause = () => new Promise(resolve => setTimeout(resolve, 20))
/** Lets the model wait until the agent has, or was refused, this many tokens. */
const untilAudited =
  (audit: 'issued' | 'refused', times = 1) =>
  () =>
    vi.waitUntil(() => audited(audit).length >= times, { timeout: 20_000, interval: 2 })

/** A call of a tool as the model streams it, with what happens after its name. */
function call(tool: string, input: object, afterName: readonly Play[] = [], index = 0): Play[] {
  const [start, ...rest] = toolBlock(index, `call_${index}`, tool, JSON.stringify(input))
  return [start as StreamEvent, ...afterName, ...rest]
}
const oslo = { city: 'Oslo' }
const askedAhead = [
  ...call('get_weather', oslo, [until('sidecar')]),
  say('arguments'),
  ...stopEvents('tool_use'),
]

async function askModel(flow: Flow, pauseFor: readonly string[] = ['consent']) {
  const headers = flow === 'obo' ? bearer(tokenOfAda) : {}
  const asked = { message: 'Is it cold?', mode: 'bedrock', flow, pauseFor }
  return (await ask(stack.agentUrl, asked, headers)).body as unknown as TurnOutcome
}

const audited = (audit: string) =>
  stack.agentLog.map(line => JSON.parse(line)).filter(line => line.audit === audit)
const requestsIn = (trace: readonly TraceStep[]) =>
  trace.filter(({ kind, from }) => kind === 'token-request' && from === 'agent')
/** The token requests of a trace, each with the step that it lies below. */
const placesIn = (trace: readonly TraceStep[]) =>
  requestsIn(trace).map(({ parentId, status, ahead, unused }) => {
    const parent = trace.find(({ id }) => id === parentId)
    const facts = [ahead && 'ahead', unused && 'unused'].filter(Boolean).join(', ')
    return `${parent?.tool?.name ?? parent?.kind}: ${status}, ${facts || 'for the call'}`
  })

describe('The token of a tool', () => {
  it.each(flowNames)('is asked for when the model names the tool, in the flow %s, and once', async flow => {
    tenantOf(stack).faults.inject({ target: { leg: 'token' }, fault: { kind: 'delay', delayMs: 300 } })
    play(askedAhead, answer('It is.'))
    const { answer: said, trace, tools, notices } = await askModel(flow)
    expect([said, tools.map(({ status }) => status), notices]).toEqual(['It is.', ['ok'], []])
    expect(happened).toEqual(['sidecar', 'arguments', 'weather'])
    expect(placesIn(trace)).toEqual(['get_weather: ok, ahead'])
    const order = trace.map(({ kind, status }) => (status === 'not-observable' ? 'hidden' : kind))
    const [asked] = requestsIn(trace)
    const first = order.indexOf('tool')
    expect(order.slice(first, first + 2)).toEqual(['tool', 'token-request'])
    expect(Date.parse(asked?.startedAt ?? '')).toBeLessThanOrEqual(Date.parse(trace[first]?.startedAt ?? ''))
    expect(asked?.title).toMatch(/, ahead of the call$/)
    const below = trace.filter(({ parentId }) => parentId === trace[first]?.id).map(({ kind }) => kind)
    expect(below).toEqual(['token-request', 'token', 'api-call'])
    expect(audited('issued')).toMatchObject([{ ahead: true, flow, api: 'weather-api' }])
  })

  it('is there when the arguments are complete, if the model writes them slowly', async () => {
    tenantOf(stack).faults.inject({ target: { leg: 'token' }, fault: { kind: 'delay', delayMs: 300 } })
    const slowly = [...Array(30).fill(pause), untilAudited('issued')]
    play(
      [...call('get_weather', oslo, slowly), say('arguments'), ...stopEvents('tool_use')],
      answer('It is.'),
    )
    const { trace } = await askModel('obo')
    expect(happened).toEqual(['sidecar', 'arguments', 'weather'])
    expect(placesIn(trace)).toEqual(['get_weather: ok, ahead'])
    expect(tokenRequests(stack).filter(({ leg }) => leg === 'obo')).toHaveLength(1)
  })

  it.each([
    ['no tool', 'autonomous', answer('Hello.')],
    ['a tool that nobody has', 'autonomous', toolStep(toolBlock(0, 'call_0', 'open_door', '{}'))],
    [
      'a tool that is not offered in the flow',
      'autonomous',
      toolStep(toolBlock(0, 'call_0', 'create_alert', '{}')),
    ],
  ] as const)('is not asked for if the model calls %s', async (_what, flow, events) => {
    play(events, answer('Well.'))
    const { trace } = await askModel(flow)
    expect([happened, requestsIn(trace)]).toEqual([[], []])
  })

  it('is asked for once for the calls that wait for approval, when their arguments are there', async () => {
    const creating = (index: number) => call('create_alert', newAlert(), [pause, pause], index)
    play([...creating(0), ...creating(1), say('arguments'), ...stopEvents('tool_use')])
    const { kind, trace } = await askModel('obo')
    expect([kind, happened]).toEqual(['approval', ['arguments', 'sidecar']])
    expect(placesIn(trace)).toEqual(['create_alert: ok, ahead', 'create_alert: ok, for the call'])
  })

  it('goes to all calls of its API in the step, and lies below the first of them', async () => {
    const both = [
      ...call('get_weather', oslo, [untilAudited('issued')]),
      ...call('get_forecast', { city: 'Rome', days: 2 }, [], 1),
    ]
    play([...both, ...stopEvents('tool_use')], answer('Both are.'))
    const { trace, tools } = await askModel('obo')
    expect(tools.map(({ status }) => status)).toEqual(['ok', 'ok'])
    expect(placesIn(trace)).toEqual(['get_weather: ok, ahead', 'get_forecast: ok, for the call'])
    expect(happened).toEqual(['sidecar', 'weather', 'weather'])
    const [first, second] = tokenCards(trace, 'TR').slice(-2)
    expect(first?.fingerprint).toBe(second?.fingerprint)
  })

  it('is asked for at each API whose tools the model names, before any of the calls is complete', async () => {
    const both = [
      ...call('get_weather', oslo),
      ...call('list_alerts', {}, [until('sidecar', 2), say('arguments')], 1),
    ]
    play([...both, ...stopEvents('tool_use')], answer('Both are.'))
    const { trace, tools } = await askModel('obo')
    expect(tools.map(({ status }) => status)).toEqual(['ok', 'ok'])
    expect(placesIn(trace).toSorted()).toEqual(['get_weather: ok, ahead', 'list_alerts: ok, ahead'])
    expect(happened).toEqual(['sidecar', 'sidecar', 'arguments', 'weather', 'weather'])
    expect(tokenRequests(stack).filter(({ leg }) => leg === 'obo')).toHaveLength(2)
  })

  it('does not outlive its step: a later call asks for itself, when it is named', async () => {
    play([...call('get_weather', {}), ...stopEvents('tool_use')], askedAhead, answer('It is.'))
    const { trace, tools } = await askModel('autonomous')
    expect(tools.map(({ status }) => status)).toEqual(['failed', 'ok'])
    expect(placesIn(trace).at(-1)).toBe('get_weather: ok, ahead')
    expect(placesIn(trace)[0]).toMatch(/^model: (ok|failed), ahead, unused$/)
  })
})

describe('A token that is refused ahead of a call', () => {
  /** Takes back the consent of the administrator. */
  const refuse = () => {
    tenantOf(stack).directory.content.permissionGrants = []
  }

  it('stays without consequence if the call never comes', async () => {
    refuse()
    const unfit = [...call('get_weather', {}, [untilAudited('refused')]), ...stopEvents('tool_use')]
    play(unfit, answer('I do not know.'))
    const { answer: said, trace, notices, status, code } = await askModel('obo')
    expect([said, notices, status, code]).toEqual(['I do not know.', [], undefined, undefined])
    expect(placesIn(trace)).toEqual(['model: failed, ahead, unused'])
    expect(audited('refused')).toMatchObject([{ ahead: true, reason: 'CONSENT_REQUIRED' }])
    expect(audited('tool-refused')).toEqual([])
  })

  it.each([
    ['waits for a consent', ['consent'], { status: 'paused', kind: 'consent' }],
    ['ends with a problem', [], { code: 'CONSENT_REQUIRED' }],
  ])(
    'is told when the call comes, without a second request: the turn %s',
    async (_what, pauseFor, outcome) => {
      refuse()
      const asked = [...call('get_weather', oslo, [untilAudited('refused')]), ...stopEvents('tool_use')]
      play(asked, answer('Never said.'))
      const turn = await askModel('obo', pauseFor)
      expect(turn).toMatchObject(outcome)
      expect(happened).toEqual(['sidecar'])
      expect(tokenRequests(stack).filter(({ leg }) => leg === 'obo')).toHaveLength(1)
      if (turn.trace) expect(placesIn(turn.trace)).toEqual(['get_weather: failed, ahead'])
      expect(audited('tool-refused')).toMatchObject([{ tool: 'get_weather', code: 'CONSENT_REQUIRED' }])
    },
  )
})

describe('A turn that ends before the token has come', () => {
  const hang = () => tenantOf(stack).faults.inject({ target: { leg: 'token' }, fault: { kind: 'hang' } })

  it('gives up the token request when its client goes away', async () => {
    hang()
    const left = Promise.withResolvers<void>()
    onRequest('sidecar', (_request, response) =>
      response.once('close', () => !response.writableFinished && left.resolve()),
    )
    const client = new AbortController()
    play([...call('get_weather', oslo, [until('sidecar'), () => client.abort(), () => left.promise])])
    const asked = { message: 'Is it cold?', mode: 'bedrock', flow: 'autonomous' }
    await expect(postChat(stack.agentUrl, asked, {}, client.signal)).rejects.toThrow()
    await left.promise
    expect(happened).toEqual(['sidecar'])
  })

  it('shows a request that still runs at its end as one that was not used', async () => {
    hang()
    const unfit = [...call('get_weather', {}, [until('sidecar')]), ...stopEvents('tool_use')]
    play(unfit, answer('I do not know.'))
    const { answer: said, notices, trace } = await askModel('autonomous')
    expect([said, notices, placesIn(trace)]).toEqual(['I do not know.', [], ['model: failed, ahead, unused']])
    expect(requestsIn(trace)[0]).not.toHaveProperty('problem')
  })
})

it('A call whose token the API refuses gets a new one past the sidecar’s cache, as without asking ahead', async () => {
  play(askedAhead, answer('It is.'))
  const { trace: before } = await askModel('autonomous')
  writeFileSync(denied ?? '', JSON.stringify([{ uti: tokenCards(before, 'TR')[0]?.claims?.['uti'] }]))
  await stack.restart('weather', { WEATHER_DENY_LIST: denied })
  onTestFinished(() => stack.restart('weather'))
  happened.length = 0
  play(askedAhead, answer('It is.'))
  const { trace, tools } = await askModel('autonomous')
  expect(tools.map(({ status }) => status)).toEqual(['ok'])
  expect(placesIn(trace)).toEqual(['get_weather: ok, ahead', 'get_weather: ok, for the call'])
  expect(happened.filter(one => one !== 'arguments')).toEqual(['sidecar', 'sidecar'])
})

it('A call that needs approval and a step-up gets its tokens before its card and when it is made, and the call after it ahead', async () => {
  await stack.restart('weather', { ALERTS_AUTH_CONTEXT: 'c1' })
  onTestFinished(() => stack.restart('weather'))
  play(
    toolStep(toolBlock(0, 'call_0', 'create_alert', JSON.stringify(newAlert()))),
    [...call('list_alerts', {}, [untilAudited('issued', 4)]), ...stopEvents('tool_use')],
    answer('Done.'),
  )
  const approval = await askModel('obo')
  expect([approval.kind, placesIn(approval.trace)]).toEqual(['approval', ['create_alert: ok, ahead']])
  const { body: stepUp } = await continueTurn(stack.agentUrl, approval, 'approve', bearer(tokenOfAda))
  expect([stepUp.kind, placesIn(stepUp.trace)]).toEqual(['step-up', ['create_alert: ok, for the call']])
  const stronger = bearer(await stack.signIn(ada.oid, stepUp.claimsChallenge))
  const { body: done } = await continueTurn(stack.agentUrl, stepUp, 'approve', stronger)
  expect([done.answer, placesIn(done.trace)]).toEqual([
    'Done.',
    ['create_alert: ok, for the call', 'list_alerts: ok, ahead'],
  ])
  for (const { claims } of tokenCards(done.trace, 'TR')) expect(claims?.['acrs']).toEqual(['c1'])
  expect(audited('issued').map(({ ahead = false }) => ahead)).toEqual([true, false, false, true])
})

function newAlert() {
  const untilDate = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10)
  return { city: 'Oslo', when: { kind: 'temperature-below', celsius: 1 }, untilDate }
}
