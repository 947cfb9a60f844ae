import { fromJsonSchema, type McpServer } from '@modelcontextprotocol/server'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { CurrentWeather, Forecast, type WeatherProvider } from '../weather/provider.ts'
import { defaultDays, ForecastQuery, WeatherQuery } from '../weather/queries.ts'
import { callTool } from './call-tool.ts'

const weatherTool = {
  title: 'Current weather of a city',
  description:
    'Tells the current weather of a city, in both units of temperature, and where the figures come from.',
  inputSchema: fromJsonSchema<Static<typeof WeatherQuery>>(WeatherQuery),
  outputSchema: fromJsonSchema<CurrentWeather>(CurrentWeather),
  annotations: { readOnlyHint: true },
}

const forecastTool = {
  title: 'Forecast for a city',
  description: 'Tells the lowest and highest temperature of each of the next days, from today on.',
  inputSchema: fromJsonSchema<Static<typeof ForecastQuery>>(ForecastQuery),
  outputSchema: fromJsonSchema<Forecast>(Forecast),
  annotations: { readOnlyHint: true },
}

/** Adds the weather tools to the server of one request. */
export function addWeatherTools(server: McpServer, weather: WeatherProvider, request: FastifyRequest): void {
  server.registerTool('get_weather', weatherTool, ({ city }, { mcpReq: { signal } }) =>
    callTool(request, 'get_weather', signal, () => weather.current(city, signal)),
  )
  server.registerTool('get_forecast', forecastTool, ({ city, days = defaultDays }, { mcpReq: { signal } }) =>
    callTool(request, 'get_forecast', signal, () => weather.forecast(city, days, signal)),
  )
}
