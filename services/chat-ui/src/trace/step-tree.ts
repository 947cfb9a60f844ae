import type { TraceStep } from '@entra-bedrock-agent/identity-trace'

export interface StepNode {
  readonly step: TraceStep
  /** Its token was shown with an earlier step already. */
  readonly tokenSeen: boolean
  readonly children: readonly StepNode[]
}

/** The steps under their parents, each level in the order in which the steps started. */
export function nestSteps(steps: readonly TraceStep[]): StepNode[] {
  const ids = new Set(steps.map(({ id }) => id))
  const fingerprints = steps.map(({ token }) => token?.fingerprint)
  const childrenOf = (parentId: string | undefined): StepNode[] =>
    steps.flatMap((step, index) => {
      const parent = step.parentId !== undefined && ids.has(step.parentId) ? step.parentId : undefined
      if (parent !== parentId) return []
      const fingerprint = fingerprints[index]
      const tokenSeen = fingerprint !== undefined && fingerprints.indexOf(fingerprint) < index
      return [{ step, tokenSeen, children: childrenOf(step.id) }]
    })
  return childrenOf(undefined)
}
