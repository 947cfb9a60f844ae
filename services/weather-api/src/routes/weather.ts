import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { ValidatedToken } from '../token/token-validator.ts'
import type { WeatherProvider } from '../weather/provider.ts'
import { ForecastAnswer, ForecastQuery, ProblemAnswer, WeatherAnswer, WeatherQuery } from './schemas.ts'

const problems = {
  400: ProblemAnswer,
  401: ProblemAnswer,
  403: ProblemAnswer,
  404: ProblemAnswer,
  503: ProblemAnswer,
}

/** The protected routes. Their plugin must have put the token of the call into `request.token`. */
export function weatherRoutes(app: FastifyInstance, weather: WeatherProvider): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>()

  routes.get(
    '/weather',
    {
      schema: {
        summary: 'Current weather of a city',
        security: [{ entra: [] }],
        querystring: WeatherQuery,
        response: { 200: WeatherAnswer, ...problems },
      },
    },
    async request => ({
      ...(await weather.current(request.query.city)),
      validated: describeValidation(request.token),
    }),
  )

  routes.get(
    '/weather/forecast',
    {
      schema: {
        summary: 'Forecast for a city, from today on',
        security: [{ entra: [] }],
        querystring: ForecastQuery,
        response: { 200: ForecastAnswer, ...problems },
      },
    },
    async request => {
      const { city, days } = request.query
      const forecast = await weather.forecast(city, days)
      return { ...forecast, days: [...forecast.days], validated: describeValidation(request.token) }
    },
  )
}

function describeValidation({ grant, signatureVerified, checks }: ValidatedToken) {
  return {
    flow: grant.flow,
    caller: grant.caller,
    on_behalf_of: grant.flow === 'obo' ? grant.objectId : null,
    signature_verified: signatureVerified,
    checks: checks.map(name => ({ name, ok: true })),
  }
}
