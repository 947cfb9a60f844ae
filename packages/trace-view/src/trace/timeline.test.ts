import type { TraceStep } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { ownToken, step, toolRun } from '../testing/trace.ts'
import { elapsedMs, lanesOf, timeMarks, toTimeline } from './timeline.ts'

const at = (ms: number) => new Date(Date.UTC(2026, 10, 25) + ms).toISOString()

const [a, b, c] = ['a', 'b', 'c'].map(letter => ({ ...ownToken, fingerprint: letter.repeat(12) }))

const outline = (steps: readonly TraceStep[]) =>
  toTimeline(steps).rows.map(({ id, number, parent, times }) =>
    [number, id, parent && `in ${parent}`, times > 1 && `× ${times}`].filter(Boolean).join(' '),
  )

describe('toTimeline', () => {
  it('puts the steps of a tool under its call, in their order, and numbers them', () => {
    expect(outline([step('a', { kind: 'model' }), ...toolRun('b', a)])).toEqual([
      '1 a',
      '2 b',
      '3 b-request in b',
      '4 b-T1 in b',
      '5 b-token in b',
      '6 b-call in b',
    ])
  })

  it('puts steps without a tool one after the other', () => {
    const steps = [step('a', { kind: 'token-request' }), step('b', { parentId: 'a' }), step('c')]
    expect(outline(steps)).toEqual(['1 a', '2 b', '3 c'])
  })

  it('shows only once how several tools got the same token', () => {
    const lines = outline([...toolRun('a', a), ...toolRun('b', a), ...toolRun('c', c)])
    expect(lines.filter(line => !line.includes(' in '))).toEqual([
      'same-aaaaaaaaaaaa × 2',
      '7 a',
      '9 b',
      '11 c',
    ])
    expect(lines.filter(line => line.endsWith(' in same-aaaaaaaaaaaa'))).toHaveLength(6)
    expect(lines.filter(line => line.endsWith(' in a'))).toEqual(['8 a-call in a'])
    expect(lines.filter(line => line.endsWith(' in c'))).toHaveLength(4)
  })

  it('initially opens a tool only if it is the only tool', () => {
    const isOpen = (steps: readonly TraceStep[]) =>
      toTimeline(steps).rows.some(({ isOpenAtFirst }) => isOpenAtFirst)
    expect(isOpen(toolRun('a', a))).toBe(true)
    expect(isOpen([...toolRun('a', a), ...toolRun('b', b)])).toBe(false)
  })

  it('shows a step at the top if its parent is unknown or is the step itself', () => {
    expect(outline([step('b', { parentId: 'a' }), step('c', { parentId: 'c' })])).toEqual(['1 b', '2 c'])
  })

  it('measures from the start of the first step to the end of the last one', () => {
    const { rows, lengthMs } = toTimeline([
      step('a', { startedAt: at(100), durationMs: 50 }),
      step('b', { startedAt: at(160), durationMs: 40.5 }),
    ])
    expect(rows.map(({ offsetMs }) => offsetMs)).toEqual([0, 60])
    expect(lengthMs).toBe(100.5)
  })

  it('measures the whole turn if its duration is known, and a running turn up to now', () => {
    const timeline = toTimeline([step('a', { startedAt: at(100), durationMs: 50 })], 80)
    expect(timeline.lengthMs).toBe(80)
    expect(elapsedMs(timeline, Date.parse(at(820)))).toBe(720)
    expect(elapsedMs(toTimeline([step('b')]), Date.parse(at(820)))).toBe(1)
  })

  it('gives no time to a hop that nobody saw', () => {
    const { rows, lengthMs } = toTimeline([
      step('a', { status: 'not-observable', startedAt: at(0) }),
      step('b'),
    ])
    expect(rows.map(({ offsetMs }) => offsetMs)).toEqual([undefined, undefined])
    expect(lengthMs).toBe(1)
  })
})

describe('a turn that waited for its user', () => {
  const arrived = (id: string, ms: number) => step(id, { kind: 'sign-in', startedAt: at(ms) })
  const decision = { decision: 'approve', digest: 'd', waitedMs: 19_990 } as const
  const steps = [
    arrived('s', 0),
    step('m', { kind: 'model', startedAt: at(2), durationMs: 8 }),
    step('w', { kind: 'tool', startedAt: at(20_010), durationMs: 20 }),
    arrived('s2', 20_000),
    step('a', { kind: 'approval', parentId: 'w', startedAt: at(20_005), approval: decision }),
    step('c', { kind: 'api-call', parentId: 'w', startedAt: at(20_015), durationMs: 5 }),
    arrived('s3', 60_000),
    step('d', { kind: 'api-call', parentId: 'w', startedAt: at(60_010), durationMs: 5 }),
    step('n', { kind: 'model', startedAt: at(60_020), durationMs: 10 }),
  ]

  it('has the steps after the wait under the tool that waited, in order of time', () => {
    expect(outline(steps)).toEqual([
      '1 s',
      '2 m',
      '3 w',
      '4 s2 in w',
      '5 a in w',
      '6 c in w',
      '7 s3 in w',
      '8 d in w',
      '9 n',
    ])
  })

  it('does not count the waits in its duration, and shows each wait at the step that ended it', () => {
    const { rows, lengthMs } = toTimeline(steps)
    const offsets = Object.fromEntries(rows.map(({ id, offsetMs }) => [id, offsetMs]))
    expect(offsets).toEqual({ s: 0, m: 2, w: 20, s2: 10, a: 15, c: 25, s3: 40, d: 50, n: 60 })
    expect(lengthMs).toBe(70)
    const waits = rows.flatMap(({ id, waitedMs }) => (waitedMs === undefined ? [] : [[id, waitedMs]]))
    expect(waits).toEqual([
      ['a', 19_990],
      ['s3', 39_970],
    ])
  })
})

it.each([
  [1430, [0, 500]],
  [520, [0, 200]],
  [5400, [0, 2000]],
  [1, [0, 0.5]],
])('the scale of %d ms has a few round marks', (scaleMs, marks) => {
  expect(timeMarks(scaleMs)).toEqual(marks)
})

describe('lanesOf', () => {
  it('lists first the known actors of the trace, in the given order, then all others', () => {
    const known = ['user', 'agent', 'sidecar', 'entra', 'bedrock', 'orders-api']
    const steps = [
      step('a', { to: 'new-api' }),
      step('b', { to: 'orders-api' }),
      step('c', { from: 'sidecar', to: 'agent' }),
    ]
    expect(lanesOf(steps, known)).toEqual(['user', 'agent', 'sidecar', 'orders-api', 'new-api'])
  })
})
