import type { ToolUse, TraceStep } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { partsOf } from './answer-parts.ts'

const tool = (id: string, more: Partial<TraceStep> = {}): TraceStep => ({
  id,
  kind: 'tool',
  from: 'bedrock',
  to: 'agent',
  title: 'get_order({"number":7})',
  tool: { name: 'get_order', arguments: { number: 7, region: 'north' } },
  status: 'ok',
  durationMs: 8,
  ...more,
})
const call: TraceStep = {
  ...tool('call'),
  kind: 'api-call',
  parentId: 'a',
  to: 'orders-api',
  response: { status: 403 },
}
const textsAndTools = (parts: ReturnType<typeof partsOf>) =>
  parts.map(({ text, chips }) => [text, ...chips.map(({ stepId }) => stepId)])

describe('the parts of an answer', () => {
  it('show the tools where they were called; tools called at the same place are shown together', () => {
    const answer = 'I look.\n\nIt is sunny.'
    const toolMarks = [
      { stepId: 'a', at: 7 },
      { stepId: 'b', at: 7 },
    ]
    expect(
      textsAndTools(partsOf({ answer, toolMarks, steps: [tool('a'), tool('b')], result: undefined })),
    ).toEqual([['I look.', 'a', 'b'], ['\n\nIt is sunny.']])
  })

  it('show the tool, its arguments and the API’s answer', () => {
    const toolMarks = [{ stepId: 'a', at: 0 }]
    const [part] = partsOf({
      answer: '',
      toolMarks,
      steps: [tool('a', { status: 'failed' }), call],
      result: undefined,
    })
    expect(part?.chips).toMatchObject([
      {
        name: 'get_order',
        words: '7, north',
        status: 'failed',
        call: { to: 'orders-api', response: { status: 403 } },
      },
    ])
  })

  it('do not show an API’s 404 as an alarm', () => {
    const problem = { type: '', title: '', detail: '', hint: '', requestId: '', code: 'ORDER_NOT_FOUND' }
    const alarmOf = (status: number) => {
      const steps = [tool('a', { status: 'failed' }), { ...call, problem: { ...problem, status } }]
      const toolMarks = [{ stepId: 'a', at: 0 }]
      return partsOf({ answer: '', toolMarks, steps, result: undefined })[0]?.chips[0]?.alarm
    }
    expect([alarmOf(404), alarmOf(403)]).toEqual(['neutral', 'failed'])
  })

  it('split no paragraph, whatever position is stored for a tool, and show no tool whose step is missing', () => {
    const answer = 'A **b\nc** d.\n\nEnd.'
    const split = (at: number) =>
      textsAndTools(
        partsOf({
          answer,
          toolMarks: [
            { stepId: 'a', at },
            { stepId: 'gone', at: 1 },
          ],
          steps: [tool('a')],
          result: undefined,
        }),
      )
    expect(split(4)).toEqual([['A **b\nc** d.', 'a'], ['\n\nEnd.']])
    expect(split(9_999)).toEqual([[answer, 'a'], ['']])
    expect(split(-5)).toEqual([['', 'a'], [answer]])
  })

  it('begin with the tools that the result lists, if no step shows where they were called', () => {
    const tools: ToolUse[] = [{ name: 'get_order', arguments: { number: 7 }, status: 'ok' }]
    const result = { tools } as Parameters<typeof partsOf>[0]['result']
    const parts = partsOf({ answer: 'Sunny.', toolMarks: [], steps: [{ ...call, parentId: 'x' }], result })
    expect(textsAndTools(parts)).toEqual([['', 'call'], ['Sunny.']])
  })

  it('show a decision of the user at the call that was decided', () => {
    const decided = [{ title: 'Create order', arguments: {}, stepId: 'a', decision: 'approve' }] as const
    const told = { answer: 'I ask.\n\nDone.', steps: [tool('a')], result: undefined, decided }
    const parts = partsOf({ ...told, toolMarks: [{ stepId: 'a', at: 6 }] })
    expect(parts.map(({ text, decided: here }) => [text, here.length])).toEqual([
      ['I ask.', 1],
      ['\n\nDone.', 0],
    ])
    const withoutTrace = partsOf({ ...told, steps: [], toolMarks: [] })
    expect(withoutTrace.map(({ decided: here }) => here.length)).toEqual([1, 0])
  })

  it('show an abandoned call as not made, or as failed if the API had already refused it', () => {
    const waiting = {
      answer: '',
      toolMarks: [{ stepId: 'a', at: 0 }],
      steps: [tool('a', { status: 'waiting' })],
    }
    const statusOf = (more: object) =>
      partsOf({ ...waiting, result: undefined, ...more })[0]?.chips.map(({ status }) => status)
    expect(statusOf({})).toEqual(['waiting'])
    expect(statusOf({ unsent: 'left' })).toEqual(['denied'])
    const withCall = (status: 'ok' | 'failed') => ({
      unsent: 'left',
      steps: [...waiting.steps, { ...call, status }],
    })
    expect(statusOf(withCall('failed'))).toEqual(['failed'])
    // The API only told what the call would change.
    expect(statusOf(withCall('ok'))).toEqual(['denied'])
  })
})
