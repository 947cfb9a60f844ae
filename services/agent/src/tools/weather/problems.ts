import { defineProblems, type ProblemKind } from '@entra-agents/service-kit'

/** Failures of the weather tools. */
export const weatherProblems = {
  CITY_NOT_FOUND: {
    status: 404,
    title: 'The weather API knows no such city.',
    hint: 'Check the spelling, or name a larger city nearby.',
  },
  CITY_NOT_RECOGNISED: {
    status: 422,
    title: 'The message names no city, or not in a way that direct mode can recognise.',
    hint: 'Ask about one city, like “Weather in Dallas?”, “forecast for New York, 3 days”, “Rome tomorrow” or just “Oslo”.',
  },
} as const satisfies Record<string, ProblemKind>

export const weatherProblem = defineProblems(weatherProblems)
