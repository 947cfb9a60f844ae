/** The example's part of the troubleshooting page: the problems of each of its sections. */
import type { ProblemKind } from '@entra-agents/service-kit'
import { catalogue } from '@entra-agents/weather-api/problems'
import { alertProblems } from '../../services/agent/src/tools/weather/alerts/problems.ts'
import { weatherProblems } from '../../services/agent/src/tools/weather/problems.ts'

export const weatherSections: Readonly<Record<string, Readonly<Record<string, ProblemKind>>>> = {
  'The agent’s weather tools': { ...weatherProblems, ...alertProblems },
  'The weather API': catalogue,
}
