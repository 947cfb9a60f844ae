import { defineTool } from '@entra-agents/approval/define-tool'
import type { StructuredToolInterface } from '@langchain/core/tools'
import { Type } from 'typebox'
import type { WeatherClient } from './client.ts'
import { CityArgument } from './weather.ts'

const city = CityArgument
const days = Type.Integer({ minimum: 1, maximum: 7, description: 'Days from today on; 2 includes tomorrow.' })

/** The weather tools as the model gets them. */
export function createWeatherTools(weather: WeatherClient): readonly StructuredToolInterface[] {
  return [
    defineTool({
      name: 'get_weather',
      description: 'Current weather of one city.',
      schema: Type.Object({ city }),
      run: ({ city }, context) => weather.current(context, city.trim()),
    }),
    defineTool({
      name: 'get_forecast',
      description: 'Daily forecast of one city, from today on.',
      schema: Type.Object({ city, days }),
      run: ({ city, days }, context) => weather.forecast(context, city.trim(), days),
    }),
  ]
}
