import type { Toolset } from '@entra-agents/approval'
import { tenant } from '@entra-agents/demo-tenant'
import { readEnvironment } from '@entra-agents/service-kit'
import { readWeatherToolset } from '../toolset.ts'

/** The weather's toolset of the demo, with these variables besides. */
export function weatherToolset(variables: Readonly<Record<string, string>> = {}): Toolset {
  const appId = tenant.apis['weather-api'].appId
  const toolset = readEnvironment({ WEATHER_API_APP_ID: appId, ...variables }, readWeatherToolset)
  if (!toolset) throw new Error('The weather API is left out.')
  return toolset
}
