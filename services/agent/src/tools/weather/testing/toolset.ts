import type { Toolset } from '@entra-agents/approval'
import { readEnvironment } from '@entra-agents/service-kit'
import { readWeatherToolset } from '../toolset.ts'

/** By this the agent has the weather API. */
export const weatherApi = { WEATHER_API_APP_ID: 'aaaaaaaa-0000-4000-8000-00000000000a' }

/** The weather's toolset of the demo, with these variables besides. */
export function weatherToolset(variables: Readonly<Record<string, string>> = {}): Toolset {
  const toolset = readEnvironment({ ...weatherApi, ...variables }, readWeatherToolset)
  if (!toolset) throw new Error('The weather API is left out.')
  return toolset
}
