import { describeAccess } from '@entra-agents/tokens'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { WeatherProvider } from '../weather/provider.ts'
import { defaultDays, ForecastQuery, WeatherQuery } from '../weather/queries.ts'
import { ForecastResponse, problemSchemas, WeatherResponse } from './schemas.ts'

/** The protected routes. `request.access` must have been set by the token check. */
export function addWeatherRoutes(app: FastifyInstance, weather: WeatherProvider): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>()

  routes.get(
    '/weather',
    {
      schema: {
        summary: 'Current weather of a city',
        security: [{ entra: [] }],
        querystring: WeatherQuery,
        response: { 200: WeatherResponse, ...problemSchemas(404) },
      },
    },
    async ({ query, access }) => ({
      ...(await weather.current(query.city)),
      validated: describeAccess(access),
    }),
  )

  routes.get(
    '/weather/forecast',
    {
      schema: {
        summary: 'Forecast for a city, from today on',
        security: [{ entra: [] }],
        querystring: ForecastQuery,
        response: { 200: ForecastResponse, ...problemSchemas(404) },
      },
    },
    async ({ query, access }) => ({
      ...(await weather.forecast(query.city, query.days ?? defaultDays)),
      validated: describeAccess(access),
    }),
  )
}
