import type { Sentence, ToolUse, TraceStep } from '@entra-agents/trace'
import { apiCall, ownToken, step } from '@entra-agents/trace-view/testing/trace'
import { describe, expect, it } from 'vitest'
import { pageProblem } from '../agent/page-problem.ts'
import { turnResult } from '../testing/converse.ts'
import { partsOf } from './answer-parts.ts'

const tool = (id: string, more: Partial<TraceStep> = {}) =>
  step(id, { tool: { name: 'get_order', arguments: { number: 7, region: 'north' } }, ...more })
const call = apiCall('call', ownToken, { parentId: 'a', response: { status: 403 } })
const mark = (stepId: string, at = 0) => ({ stepId, at })

/** The parts of an answer in which the tool `a` was called at the beginning. */
const parts = (answer: string, more: Partial<Parameters<typeof partsOf>[0]> = {}) =>
  partsOf({ answer, toolMarks: [mark('a')], steps: [tool('a')], result: undefined, ...more })
const textsAndTools = (...given: Parameters<typeof parts>) =>
  parts(...given).map(({ text, chips }) => [text, ...chips.map(({ stepId }) => stepId)])

describe('the parts of an answer', () => {
  it('show the tools where they were called; tools called at the same place are shown together', () => {
    const toolMarks = [mark('a', 7), mark('b', 7)]
    const shown = textsAndTools('I look.\n\nIt is sunny.', { toolMarks, steps: [tool('a'), tool('b')] })
    expect(shown).toEqual([['I look.', 'a', 'b'], ['\n\nIt is sunny.']])
  })

  it('show the tool, its arguments and the API’s answer', () => {
    const [part] = parts('', { steps: [tool('a', { status: 'failed' }), call] })
    const answer = { to: 'orders-api', response: { status: 403 } }
    expect(part?.chips).toMatchObject([
      { name: 'get_order', words: '7, north', status: 'failed', call: answer },
    ])
  })

  it('name a call that the user was asked about in the words of its card, if its tool has any', () => {
    const wordsOf = (sentence: Sentence) => {
      const decided = [{ title: 'Order', sentence, stepId: 'a', decision: 'approve' } as const]
      return parts('', { decided })[0]?.chips[0]?.words
    }
    const values = [{ value: 'below −5 °C' }, { text: ', until ' }, { value: 'Mo\u202En' }]
    expect(wordsOf([{ text: 'Order for ' }, ...values])).toBe('below −5 °C, Mo‹U+202E›n')
    expect(wordsOf([{ text: 'Order' }, { text: ', ' }, { value: 'number' }])).toBe('7, north')
  })

  it('show each call of an API if the turn failed before its result could name its tools', () => {
    const request = { method: 'GET', url: 'https://orders/orders?city=Oslo', headers: {} }
    const steps = [{ ...call, request }]
    const [part] = parts('', { toolMarks: [], steps, problem: pageProblem('AGENT_SILENT') })
    expect(part?.chips).toMatchObject([{ name: 'GET /orders', words: 'Oslo', status: call.status }])
  })

  it('begin with the tools that the result lists, if no step shows where they were called', () => {
    const tools: ToolUse[] = [{ name: 'get_order', arguments: { number: 7 }, status: 'ok' }]
    const { data: result } = turnResult({ tools })
    const shown = textsAndTools('Sunny.', { toolMarks: [], steps: [{ ...call, parentId: 'x' }], result })
    expect(shown).toEqual([['', 'call'], ['Sunny.']])
  })

  it('show a decision of the user at the call that was decided', () => {
    const decided = [{ title: 'Create order', arguments: {}, stepId: 'a', decision: 'approve' }] as const
    const counts = (more: Parameters<typeof parts>[1]) =>
      parts('I ask.\n\nDone.', { decided, ...more }).map(({ text, decided: here }) => [text, here.length])
    expect(counts({ toolMarks: [mark('a', 6)] })).toEqual([
      ['I ask.', 1],
      ['\n\nDone.', 0],
    ])
    expect(counts({ toolMarks: [], steps: [] }).map(([, count]) => count)).toEqual([1, 0])
  })

  const waiting = tool('a', { status: 'waiting' })
  it.each([
    ['waiting', 'it still waits', { steps: [waiting] }],
    ['denied', 'it was left', { steps: [waiting], unsent: 'left' }],
    [
      'failed',
      'the API had already refused it',
      { steps: [waiting, { ...call, status: 'failed' }], unsent: 'left' },
    ],
    ['denied', 'the API only told what it would change', { steps: [waiting, call], unsent: 'left' }],
  ] as const)('show a call as %s if %s', (status, _why, more) => {
    expect(parts('', more)[0]?.chips.map(chip => chip.status)).toEqual([status])
  })
})
