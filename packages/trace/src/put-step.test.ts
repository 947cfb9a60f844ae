import { expect, it } from 'vitest'
import { putStep } from './put-step.ts'
import type { TraceStep } from './schema.ts'

const step = (id: string, more: Partial<TraceStep> = {}): TraceStep => ({
  id,
  kind: 'tool',
  from: 'agent',
  to: 'agent',
  title: id,
  status: 'running',
  ...more,
})

it('A report of a step takes the place of the earlier one, unless the step lies below another step now', () => {
  const steps = new Map<string, TraceStep>()
  const reports = [step('a', { parentId: 'model' }), step('b'), step('tool'), step('b', { status: 'ok' })]
  for (const report of [...reports, step('a', { parentId: 'tool' })]) putStep(steps, report)
  expect([...steps.values()].map(({ id, status }) => `${id} ${status}`)).toEqual([
    'b ok',
    'tool running',
    'a running',
  ])
})
