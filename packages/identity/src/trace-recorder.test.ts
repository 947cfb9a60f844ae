import type { TraceStep } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { identityProblem } from './problems.ts'
import { TraceRecorder } from './trace-recorder.ts'

const failure = identityProblem('API_UNAVAILABLE', 'No order.').toDocument('request-1')
const start = (title: string) => ({ kind: 'api-call', from: 'agent', to: 'orders-api', title }) as const

function createTrace() {
  const reported: TraceStep[] = []
  const observed: string[] = []
  const trace = new TraceRecorder(step => reported.push(step), {
    stepStarted: ({ title }) => `traceparent ${observed.push(`${title} started`)}`,
    stepEnded: ({ title, status }) => observed.push(`${title} ${status}`),
  })
  const states = (steps: readonly TraceStep[]) => steps.map(({ title, status }) => `${title} ${status}`)
  return { reported, observed, trace, said: () => states(reported), shown: () => states(trace.steps) }
}

it('A step is reported at its start, and again under the same id at its end, with the measured time', () => {
  const { reported, trace } = createTrace()
  trace.start(start('a')).ok({ response: { status: 200 } })
  const [begun, ended] = reported
  expect(begun?.status).toBe('running')
  const response = { status: 200 }
  expect(ended).toMatchObject({
    ...start('a'),
    id: begun?.id,
    startedAt: begun?.startedAt,
    status: 'ok',
    response,
  })
  expect(ended?.durationMs).toBeGreaterThanOrEqual(0)
  expect(trace.steps).toEqual([ended])
})

it('The trace has the steps in the order in which they started', () => {
  const { trace, shown } = createTrace()
  const first = trace.start(start('first'))
  trace.note('not-observable', start('second'))
  first.ok()
  expect(shown()).toEqual(['first ok', 'second not-observable'])
})

it('A step ends once; steps that still run when the turn is over fail, the innermost first', () => {
  const { trace, said, shown } = createTrace()
  const done = trace.start(start('done'))
  done.fail(failure)
  done.ok()
  const outer = trace.start(start('outer'))
  trace.start({ ...start('inner'), parentId: outer.id })
  trace.failOpenSteps(failure)
  expect(said().filter(step => !step.endsWith('running'))).toEqual([
    'done failed',
    'inner failed',
    'outer failed',
  ])
  expect(shown()).toEqual(['done failed', 'outer failed', 'inner failed'])
})

it('A step that turns out to belong to a later one comes after that one, used, and ends there', () => {
  const { trace, reported, shown } = createTrace()
  const [taken, early] = ['taken', 'early'].map(title => trace.start({ ...start(title), parentId: 'model' }))
  early?.fail(failure, { unused: true })
  const tool = trace.start(start('tool'))
  for (const step of [taken, early]) trace.use(step?.id ?? '', tool.id)
  taken?.ok()
  expect(shown()).toEqual(['tool running', 'taken ok', 'early failed'])
  expect(trace.steps.slice(1)).toMatchObject([{ parentId: tool.id }, { parentId: tool.id, problem: failure }])
  expect(trace.steps[2]).not.toHaveProperty('unused')
  expect(reported.at(-1)).toEqual(trace.steps[1])
})

it('A step that nothing turns out to have caused stands for itself, used', () => {
  const { trace } = createTrace()
  const early = trace.start({ ...start('early'), parentId: 'model' })
  early.ok({ unused: true })
  trace.use(early.id, undefined)
  const [step] = trace.steps
  expect(step).not.toHaveProperty('parentId')
  expect(step).not.toHaveProperty('unused')
})

it('A denied step ends as failed, with who decided', () => {
  const { trace } = createTrace()
  const approval = { decision: 'deny', digest: 'x', waitedMs: 1 } as const
  trace.start(start('a')).deny(approval)
  expect(trace.steps).toMatchObject([{ status: 'failed', approval }])
})

it('A step whose result nobody waits for ends unused, and is not counted as a failure', () => {
  const { trace, observed } = createTrace()
  const step = trace.start(start('ahead'))
  step.leave()
  step.fail(failure)
  expect(trace.steps).toMatchObject([{ status: 'failed', unused: true, durationMs: expect.any(Number) }])
  expect(trace.steps[0]).not.toHaveProperty('problem')
  expect(observed).toEqual(['ahead started'])
})

it('The trace has of a branch the steps before the branch is left, which ends those that still run', () => {
  const { trace: whole, observed } = createTrace()
  const { trace, leave } = whole.branch()
  const step = trace.start(start('early'))
  leave(failure)
  expect(trace.start(start('late')).traceparent).toBeUndefined()
  trace.failOpenSteps(failure)
  expect(whole.steps).toMatchObject([{ id: step.id, title: 'early', status: 'failed', problem: failure }])
  expect(observed).toEqual(['early started', 'early failed'])
  expect(step.traceparent).toBe('traceparent 1')
})

it('The steps of a branch that is left without a failure run on unseen', () => {
  const { trace: whole, said } = createTrace()
  const { trace, leave } = whole.branch()
  const step = trace.start(start('early'))
  leave(undefined)
  step.ok()
  expect(said()).toEqual(['early running'])
})
