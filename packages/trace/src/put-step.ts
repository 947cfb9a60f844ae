import type { TraceStep } from './schema.ts'

/**
 * Takes the latest report of a step in place of the earlier ones. A step that now lies below another step than before comes
 * after that one: of a token that was asked for ahead, the call becomes known later.
 */
export function putStep(steps: Map<string, TraceStep>, step: TraceStep): void {
  const earlier = steps.get(step.id)
  if (earlier?.parentId !== step.parentId) steps.delete(step.id)
  steps.set(step.id, step)
}
