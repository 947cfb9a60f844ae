import { describe, expect, it } from 'vitest'
import { agentToken, apiCall, step } from '../testing/trace.ts'
import { lanesOf, layOut } from './timeline.ts'

const at = (ms: number) => new Date(Date.UTC(2026, 10, 25) + ms).toISOString()

describe('layOut', () => {
  it('puts steps under their parents, keeps their order and numbers them', () => {
    const steps = [
      step('a'),
      step('b', { parentId: 'a' }),
      step('c'),
      step('d', { parentId: 'b' }),
      step('e', { parentId: 'a' }),
    ]
    expect(layOut(steps).rows.map(({ step: { id }, number, depth }) => `${number} ${id} ${depth}`)).toEqual([
      '1 a 0',
      '2 b 1',
      '3 d 2',
      '4 e 1',
      '5 c 0',
    ])
  })

  it('shows a step at the top while its parent is unknown, and one that is its own parent', () => {
    const { rows } = layOut([step('b', { parentId: 'a' }), step('c', { parentId: 'c' })])
    expect(rows.map(({ depth }) => depth)).toEqual([0, 0])
  })

  it('measures from the first start to the last end', () => {
    const { rows, spanMs } = layOut([
      step('a', { startedAt: at(100), durationMs: 50 }),
      step('b', { startedAt: at(160), durationMs: 40.5 }),
    ])
    expect(rows.map(({ offsetMs }) => offsetMs)).toEqual([0, 60])
    expect(spanMs).toBe(100.5)
  })

  it('gives no time to a hop that nobody saw', () => {
    const { rows, spanMs } = layOut([step('a', { status: 'not-observable', startedAt: at(0) }), step('b')])
    expect(rows.map(({ offsetMs }) => offsetMs)).toEqual([undefined, undefined])
    expect(spanMs).toBe(1)
  })

  it('tells steps that ran side by side from steps that touch', () => {
    const { rows } = layOut([
      step('a', { startedAt: at(0), durationMs: 10 }),
      step('b', { startedAt: at(2), durationMs: 10 }),
      step('c', { startedAt: at(11), durationMs: 1 }),
      step('d', { startedAt: at(1), durationMs: 1, parentId: 'c' }),
    ])
    expect(rows.map(({ parallel }) => parallel)).toEqual([false, true, false, false])
  })

  it('knows where a token was shown before', () => {
    const { rows } = layOut([step('a', { token: agentToken }), step('b'), step('c', { token: agentToken })])
    expect(rows.map(({ tokenShownIn }) => tokenShownIn)).toEqual([undefined, undefined, 1])
  })
})

it('layOut knows which APIs the token of a row was called with', () => {
  const token = { ...agentToken, verifiedBy: [] }
  const { rows } = layOut([
    step('a', { token }),
    apiCall('b', token),
    apiCall('c', token, { to: 'orders-tools' }),
  ])
  expect(rows.map(({ calledApis }) => calledApis)).toEqual(['orders-api,orders-tools', '', ''])
})

describe('lanesOf', () => {
  it('draws who takes part, in the known order, and whoever else appears after them', () => {
    const known = ['user', 'agent', 'sidecar', 'entra', 'bedrock', 'orders-api']
    const steps = [
      step('a', { to: 'new-api' }),
      step('b', { to: 'orders-api' }),
      step('c', { from: 'sidecar', to: 'agent' }),
    ]
    expect(lanesOf(steps, known)).toEqual(['user', 'agent', 'sidecar', 'orders-api', 'new-api'])
  })
})
