import type { TraceStep } from '@entra-bedrock-agent/identity-trace'

export interface StepNode {
  readonly step: TraceStep
  readonly children: readonly StepNode[]
}

/** The steps under their parents, each level in the order in which the steps started. */
export function nestSteps(steps: readonly TraceStep[], parentId?: string): StepNode[] {
  const ids = new Set(steps.map(({ id }) => id))
  const isChild = ({ parentId: parent }: TraceStep) =>
    parentId === undefined ? parent === undefined || !ids.has(parent) : parent === parentId
  return steps.filter(isChild).map(step => ({ step, children: nestSteps(steps, step.id) }))
}
