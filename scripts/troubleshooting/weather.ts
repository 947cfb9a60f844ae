/** The example's part of the troubleshooting page: the problems of each of its sections. */
import { catalogue } from '@entra-agents/weather-api/problems'
import { alertProblems } from '../../services/agent/src/tools/weather/alerts/problems.ts'
import { weatherProblems } from '../../services/agent/src/tools/weather/problems.ts'

export const weatherSections = {
  'The agent’s weather tools': { ...weatherProblems, ...alertProblems },
  'The weather API': catalogue,
}
