import type { ProblemError } from '@entra-agents/service-kit'
import { problem } from '../problems.ts'

/** The problem CITY_NOT_FOUND with suggestions, likeliest first. */
export function unknownCityProblem(detail: string, suggestions: readonly string[]): ProblemError {
  return problem('CITY_NOT_FOUND', detail, {
    hint: suggestions.length > 0 ? `Did you mean ${suggestions.join(' or ')}?` : undefined,
    extensions: { suggestions },
  })
}
