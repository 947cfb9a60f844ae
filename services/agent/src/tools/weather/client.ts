import type { ToolContext } from '@entra-agents/approval'
import { type ApiResponse, type DownstreamApi, readApiProblem } from '@entra-agents/identity/core'
import type { ProblemError } from '@entra-agents/service-kit'
import { weatherProblem } from './problems.ts'
import { isForecast, isReport } from './weather.ts'

export type WeatherClient = ReturnType<typeof createWeatherClient>

/** The weather API. Throws the ProblemErrors of `ToolContext.call`, or CITY_NOT_FOUND. */
export function createWeatherClient(api: DownstreamApi) {
  const explainFor = (city: string) => (response: ApiResponse) => explainUnknownCity(api, city, response)
  return {
    async current(context: ToolContext, city: string) {
      const report = await context.call(api, {
        path: `/weather?${new URLSearchParams({ city })}`,
        subject: `weather in ${city}`,
        isBody: isReport,
        explain: explainFor(city),
      })
      return withoutValidation(report)
    },
    /** @param days from today on, 1 to 7 */
    async forecast(context: ToolContext, city: string, days: number) {
      const forecast = await context.call(api, {
        path: `/weather/forecast?${new URLSearchParams({ city, days: String(days) })}`,
        subject: `forecast for ${city}`,
        isBody: isForecast,
        explain: explainFor(city),
      })
      return withoutValidation(forecast)
    },
  }
}

/** The body without what the API says of the token, which is for the trace and not for the model. */
export function withoutValidation<Body extends object>(body: Body & { validated?: unknown }): Body {
  const { validated: _validated, ...told } = body
  return told as Body
}

function explainUnknownCity(
  api: DownstreamApi,
  city: string,
  { status, body }: ApiResponse,
): ProblemError | undefined {
  const { code, suggestions = [] } = readApiProblem(body)
  // A 404 without this code comes from something else at that address.
  if (code !== 'CITY_NOT_FOUND') return undefined
  return weatherProblem('CITY_NOT_FOUND', `The weather API knows no city called “${city}”.`, {
    upstream: { service: api.name, status, code },
    hint: suggestions.length > 0 ? `Did you mean ${suggestions.join(' or ')}?` : undefined,
  })
}
