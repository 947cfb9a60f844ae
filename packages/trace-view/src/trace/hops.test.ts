import type { Problem, TraceStep } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { publicConfig } from '../testing/public-config.ts'
import { agentToken, apiCall, exchangeToken, ownToken, step, toolRun, userToken } from '../testing/trace.ts'
import { challenge } from '../testing/waiting.ts'
import { describeNames } from '../words/names.ts'
import { tellRow, tellTime } from './row-words.ts'
import { isRow, rowsOfSequence, titleOfHop, withMessages } from './sequence.ts'
import { tellStep } from './step-words.ts'
import { barOf, gapOf, marksOn, waitWidth } from './time-scale.ts'
import { elapsedMs, lanesOf, toTimeline } from './timeline.ts'

const names = describeNames(publicConfig)
const at = (ms: number) => new Date(Date.UTC(2026, 10, 25) + ms).toISOString()
const [a, b] = ['a', 'b'].map(letter => ({ ...ownToken, fingerprint: letter.repeat(12) }))
const model = (id: string, toolCalls?: string[], more: Partial<TraceStep> = {}) =>
  step(id, {
    kind: 'model',
    to: 'bedrock',
    title: 'a-model in a-region',
    ...(toolCalls && { response: { status: 200, body: { toolCalls } } }),
    ...more,
  })
const arrived = (id: string, ms?: number) =>
  step(id, {
    kind: 'sign-in',
    from: 'user',
    to: 'agent',
    token: userToken,
    ...(ms !== undefined && { startedAt: at(ms) }),
  })
const timed = (id: string, ms: number, durationMs: number, more: Partial<TraceStep> = {}) =>
  step(id, { startedAt: at(ms), durationMs, ...more })
const hidden = { kind: 'token-request', from: 'sidecar', to: 'entra', status: 'not-observable' } as const
const request = (url: string, body?: unknown) => ({
  request: { method: body ? 'POST' : 'GET', url, headers: {}, body },
})
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const tool = { from: 'bedrock', to: 'agent' } as const
const check = (name: string, ok: boolean) => [{ actor: 'orders-api', checks: [{ name, ok }] }]
const decision = { decision: 'approve', digest: 'd', waitedMs: 19_990 } as const
const ofW = { parentId: 'w' }

const traces: Readonly<Record<string, readonly TraceStep[]>> = {
  'each kind of step': [
    arrived('s'),
    step('b', { kind: 'token-request', ...request('http://s/AuthorizationHeader/orders?AgentIdentity=x') }),
    step('c', {
      ...hidden,
      token: exchangeToken,
      ...request('http://e', { grant_type: 'client_credentials', fmi_path: 'x' }),
    }),
    step('d', {
      ...hidden,
      ...request('http://e', { grant_type: jwtBearer, requested_token_use: 'on_behalf_of' }),
    }),
    step('e', { kind: 'token', from: 'sidecar', to: 'agent', token: agentToken }),
    apiCall('f', ownToken, { response: { status: 200 } }),
    step('g', { kind: 'validation', from: 'orders-api', to: 'agent', token: agentToken }),
    step('h', { kind: 'validation', token: { ...agentToken, verifiedBy: check('caller', false) } }),
    model('i', ['get_orders']),
    model('j', []),
    model('k', undefined, { status: 'running' }),
    step('l', { ...tool, tool: { name: 'get_orders', arguments: { of: 'Ada', most: 2 } } }),
    step('m', { ...tool, title: 'get_orders({"of":"Ada"})' }),
    step('n', {
      ...tool,
      tool: { name: 'create_alert', arguments: { city: 'Oslo', kind: 'temperature-below' } },
    }),
  ],
  'a tool': [...toolRun('a'), step('a-check', { kind: 'validation', parentId: 'a-call' })],
  'three tools, two of which got the same token': [
    model('m', ['x']),
    ...toolRun('a', a),
    ...toolRun('b', a),
    ...toolRun('c', b),
    model('n', []),
  ],
  'steps without a tool': [step('a', { kind: 'token-request' }), step('b', { parentId: 'a' }), step('c')],
  'steps whose parent is unknown or the step itself': [
    step('b', { parentId: 'a' }),
    step('c', { parentId: 'c' }),
  ],
  'a stronger sign-in': [
    arrived('s'),
    apiCall('r', agentToken, {
      status: 'failed',
      response: { status: 401 },
      problem: { claimsChallenge: challenge } as Problem,
    }),
    arrived('s2'),
  ],
  'steps with times': [timed('a', 100, 50), timed('b', 160, 40.5)],
  'hops that nobody saw': [step('a', { status: 'not-observable', startedAt: at(0) }), step('b')],
  'tokens that were asked for ahead': [
    timed('m', 0, 50, { kind: 'model' }),
    timed('u', 10, 20, { kind: 'token-request', parentId: 'm', ahead: true, unused: true, status: 'failed' }),
    timed('w', 60, 20),
    timed('r', 30, 15, { kind: 'token-request', ...ofW, ahead: true }),
    timed('c', 65, 10, { kind: 'api-call', ...ofW }),
  ],
  'a turn that waited for its user': [
    arrived('s', 0),
    timed('m', 2, 8, { kind: 'model' }),
    timed('w', 20_010, 20),
    arrived('s2', 20_000),
    step('a', { kind: 'approval', ...ofW, startedAt: at(20_005), approval: decision }),
    timed('c', 20_015, 5, { kind: 'api-call', ...ofW }),
    arrived('s3', 60_000),
    timed('d', 60_010, 5, { kind: 'api-call', ...ofW }),
    timed('n', 60_020, 10, { kind: 'model' }),
  ],
}

function rowLines(steps: readonly TraceStep[]): string[] {
  const { rows, lengthMs } = toTimeline(steps)
  return [
    ...rows.map(row => {
      const { number, id, parent, times, span, waitedMs, isOpenAtFirst } = row
      const { title, where } = tellRow(row, 'obo', names)
      const more = [
        parent && `in ${parent}`,
        times > 1 && `× ${times}`,
        isOpenAtFirst && 'open',
        span && `at ${span.begin.ms} ms`,
        waitedMs > 0 && `with a wait of ${waitedMs} ms`,
      ]
      return `${[number, id, ...more].filter(Boolean).join(' ')}: ${title} | ${where}`
    }),
    `${lengthMs} ms in all`,
  ]
}

function sequenceLines(steps: readonly TraceStep[]): string[] {
  const rows = rowsOfSequence(toTimeline(steps).rows, row => row.isOpenAtFirst)
  return withMessages(rows).map(hop => {
    if (!isRow(hop)) return `${hop.from} → ${hop.to}: ${hop.title}`
    const { title } = tellStep(hop.step, 'obo', names)
    return `${hop.id}: ${titleOfHop(hop.step, title)}`
  })
}

it.each([
  ['steps', rowLines],
  ['sequence', sequenceLines],
])(
  'the view of the %s shows each hop of a trace in its order, under its tool, in its words',
  async (view, tell) => {
    const blocks = Object.entries(traces).map(([name, steps]) => `# ${name}\n${tell(steps).join('\n')}\n`)
    await expect(blocks.join('\n')).toMatchFileSnapshot(`${view}.txt`)
  },
)

it('the bar of a tool that waited contains the steps below it, and grows by no wait', () => {
  const { rows } = toTimeline([
    arrived('s', 0),
    timed('w', 20_031, 9.5),
    timed('r', 1, 8, { kind: 'token-request', ...ofW }),
    timed('c', 10, 5, { kind: 'api-call', ...ofW }),
    arrived('s2', 20_030),
    timed('d', 20_032, 6, { kind: 'api-call', ...ofW }),
  ])
  const spans = rows.map(({ id, span, durationMs }) => [id, span?.begin.ms, durationMs])
  expect(spans).toContainEqual(['w', 1, 24.5])
  expect(spans).toContainEqual(['d', 17, 6])
})

it('the time of a turn is the whole turn if its duration is known, and goes on while the turn runs', () => {
  const timeline = toTimeline([timed('a', 100, 50)], 80)
  expect(timeline.lengthMs).toBe(80)
  expect(elapsedMs(timeline, Date.parse(at(820)))).toBe(720)
  expect(elapsedMs(toTimeline([step('b')]), Date.parse(at(820)))).toBe(1)
})

it('a wait has the same narrow width however long it was, and the bars around it contain those below them', () => {
  const { rows, lengthMs, waits } = toTimeline(traces['a turn that waited for its user'] ?? [])
  const scale = { lengthMs, waits }
  expect(waits.map(({ ms }) => ms)).toEqual([10, 40])
  expect(waits.map(wait => gapOf(wait, scale).width)).toEqual([16, 16])
  const barWithId = (name: string) => {
    const span = rows.find(({ id }) => id === name)?.span
    return span && barOf(span, false, scale)
  }
  const [whole, ...below] = ['w', 'c', 'd'].map(barWithId)
  expect(below).toHaveLength(2)
  for (const bar of below) {
    expect(bar?.start).toBeGreaterThanOrEqual(whole?.start ?? 100)
    expect((bar?.start ?? 100) + (bar?.width ?? 0)).toBeLessThanOrEqual(
      (whole?.start ?? 0) + (whole?.width ?? 0) + 0.01,
    )
  }
})

it('many waits never take more than most of the scale', () => {
  const waits = Array.from({ length: 50 }, () => ({ ms: 1, waits: 0 }))
  expect(waitWidth({ lengthMs: 1, waits }) * waits.length).toBeLessThanOrEqual(60)
})

it.each([
  [1430, [0, 500]],
  [520, [0, 200]],
  [5400, [0, 2000]],
  [1, [0, 0.5]],
])('the scale of %d ms has a few round marks', (lengthMs, marks) => {
  expect(marksOn({ lengthMs, waits: [] }).map(({ ms }) => ms)).toEqual(marks)
})

it('the lanes of a trace are first its known actors, in the given order, then all others', () => {
  const known = ['user', 'agent', 'sidecar', 'entra', 'bedrock', 'orders-api']
  const steps = [step('a', { to: 'new-api' }), step('b', { to: 'orders-api' }), arrived('c')]
  expect(lanesOf(steps, known)).toEqual(['user', 'agent', 'orders-api', 'new-api'])
})

it('Steps that lie below each other are drawn, however many there are', () => {
  const chain = Array.from({ length: 3_000 }, (_, index) =>
    step(String(index), { kind: 'tool', ...(index > 0 && { parentId: String(index - 1) }) }),
  )
  const { rows } = toTimeline(chain)
  expect(rows.map(({ step }) => step.id)).toEqual(chain.map(({ id }) => id))
  expect(rows.at(-1)?.depth).toBe(2_999)
})

it('a call that was left after the API had refused it is not told as never sent', () => {
  const waiting = step('w', { kind: 'tool', status: 'waiting' })
  const call = { kind: 'api-call', parentId: 'w' } as const
  const times = [
    step('a', { ...call, status: 'failed', problem: { code: 'CONDITIONAL_ACCESS_REQUIRED' } as Problem }),
    step('a', call),
  ].map(sent => toTimeline([waiting, sent]).rows[0])
  expect(times.map(row => row && tellTime(row, false))).toEqual(['refused', 'not sent'])
})

it('a token that the agent did not use was not a request that failed: its row says so, and which check', () => {
  const problem: Problem = {
    ...{ type: '', title: '', status: 502, detail: '', hint: '', requestId: '' },
    code: 'SIDECAR_MISCONFIGURED',
    failedCheck: 'audience',
  }
  const asked = { kind: 'token-request', status: 'failed', durationMs: 286, problem } as const
  const [row] = toTimeline([step('r', asked)]).rows
  expect(row && [tellRow(row, 'obo', names).where, tellTime(row, false)]).toEqual([
    'Agent to sidecar · rejected: audience',
    'rejected',
  ])
})
