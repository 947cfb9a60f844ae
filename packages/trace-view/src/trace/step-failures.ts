import type { TraceStep } from '@entra-agents/trace'
import { problemKind } from '../words/problem-kinds.ts'
import type { Row, Timeline } from './timeline.ts'
import { hasFailed } from './turn-facts.ts'

export function problemKindOf({ problem, unused }: TraceStep) {
  return problem && !unused ? problemKind(problem) : undefined
}

/** The rows of failed steps; a tool that failed because its call failed is not counted again. */
export function failedRows({ rows }: Timeline): readonly Row[] {
  const byId = new Map(rows.map(row => [row.id, row]))
  const isWaited = rows.some(({ step: { kind, status } }) => kind === 'consent' || status === 'waiting')
  return rows.filter(({ step, parent, size }) => {
    if (size > 0 || !hasFailed(step)) return false
    // A step whose API wanted a consent or a second factor failed unless the turn waits for the user, or the user complied.
    if (problemKindOf(step) !== 'wait') return true
    const tool = byId.get(parent ?? '')
    return tool ? hasFailed(tool.step) : !isWaited
  })
}
