import type { TraceStep } from '@entra-agents/trace'
import { Check } from 'typebox/value'
import { redactorFor } from '../trace/redactor.ts'
import { spellOutDirections } from '../words/visible-text.ts'
import { StepShape } from './step-shape.ts'

/** More steps than a turn has. */
const mostSteps = 2_000

interface ReadSteps {
  readonly steps: readonly TraceStep[]
  /** How many members of what was given are not shown; one if that was no list. */
  readonly leftOut: number
}

/**
 * A copy of the steps in what a page gives, which is not trusted. A step that is given again takes the place of the first one:
 * agents report a step when it begins, and again when it ends.
 */
export function readSteps(given: unknown, isRevealed: boolean): ReadSteps {
  if (given === null) return { steps: [], leftOut: 0 }
  if (!Array.isArray(given)) return { steps: [], leftOut: 1 }
  try {
    const copy: unknown[] = JSON.parse(spellOutDirections(JSON.stringify(given.slice(0, mostSteps))))
    const fit = copy.filter((step): step is TraceStep => Check(StepShape, step))
    const steps = [...new Map(fit.map(step => [step.id, step])).values()]
    const shown = isRevealed ? steps : redactorFor(steps).steps(steps)
    return { steps: shown, leftOut: given.length - fit.length }
  } catch {
    // It has circles, or is nested too deep.
    return { steps: [], leftOut: given.length }
  }
}
