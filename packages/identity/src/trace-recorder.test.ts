import type { TraceStep } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { identityProblem } from './problems.ts'
import { type StepObserver, TraceRecorder } from './trace-recorder.ts'

const stepStart = { kind: 'api-call', from: 'agent', to: 'orders-api', title: 'Asks' } as const
const failure = identityProblem('API_UNAVAILABLE', 'No order.').toDocument('request-1')

function createTrace() {
  const reported: TraceStep[] = []
  return { reported, trace: new TraceRecorder(step => reported.push(step)) }
}

describe('A trace', () => {
  it('reports a step at its start, and again under the same id at its end, with the measured time', () => {
    const { reported, trace } = createTrace()
    trace.start(stepStart).ok({ response: { status: 200 } })
    expect(reported.map(({ status }) => status)).toEqual(['running', 'ok'])
    expect(reported[1]?.id).toBe(reported[0]?.id)
    expect(reported[1]).toMatchObject({
      ...stepStart,
      response: { status: 200 },
      startedAt: reported[0]?.startedAt,
    })
    expect(reported[1]?.durationMs).toBeGreaterThanOrEqual(0)
    expect(trace.steps).toEqual([reported[1]])
  })

  it('keeps the order in which steps started', () => {
    const { trace } = createTrace()
    const first = trace.start({ ...stepStart, title: 'first' })
    trace.note('not-observable', { ...stepStart, title: 'second' })
    first.ok()
    expect(trace.steps.map(({ title, status }) => [title, status])).toEqual([
      ['first', 'ok'],
      ['second', 'not-observable'],
    ])
  })

  it('ends a step once, and ignores what is reported later', () => {
    const { reported, trace } = createTrace()
    const step = trace.start(stepStart)
    step.fail(failure)
    step.ok()
    expect(reported.map(({ status }) => status)).toEqual(['running', 'failed'])
  })

  it('marks as failed only the steps that are still running, the innermost first', () => {
    const { reported, trace } = createTrace()
    trace.start({ ...stepStart, title: 'done' }).ok()
    const outer = trace.start({ ...stepStart, title: 'outer' })
    trace.start({ ...stepStart, title: 'inner', parentId: outer.id })
    trace.failOpenSteps(failure)
    expect(reported.slice(-2).map(({ title, status }) => [title, status])).toEqual([
      ['inner', 'failed'],
      ['outer', 'failed'],
    ])
    expect(trace.steps.map(({ status }) => status)).toEqual(['ok', 'failed', 'failed'])
  })

  it('has of a branch the steps before the branch is left, which ends those that still run', () => {
    const observed: string[] = []
    const observer: StepObserver = {
      stepStarted: ({ title }) => `${observed.push(`${title} started`)}`,
      stepEnded: ({ title, status }) => observed.push(`${title} ${status}`),
    }
    const whole = new TraceRecorder(() => undefined, observer)
    const { trace, leave } = whole.branch()
    const step = trace.start({ ...stepStart, title: 'early' })
    leave(failure)
    expect(trace.start({ ...stepStart, title: 'late' }).traceparent).toBeUndefined()
    trace.failOpenSteps(failure)
    expect(whole.steps).toMatchObject([{ id: step.id, title: 'early', status: 'failed', problem: failure }])
    expect(observed).toEqual(['early started', 'early failed'])
    expect(step.traceparent).toBe('1')
  })

  it('lets the steps of a branch that is left without a failure run on unseen', () => {
    const { reported, trace: whole } = createTrace()
    const { trace, leave } = whole.branch()
    const step = trace.start(stepStart)
    leave(undefined)
    step.ok()
    expect(reported.map(({ status }) => status)).toEqual(['running'])
  })
})
