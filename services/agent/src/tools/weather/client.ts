import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { type ApiResponse, readApiProblem } from '../../downstream/responses.ts'
import type { DownstreamApi } from '../../identity/downstream-api.ts'
import type { ToolContext } from '../toolset.ts'
import { weatherProblem } from './problems.ts'
import { isForecast, isReport, type WeatherForecast, type WeatherReport } from './weather.ts'

/** The weather API. Throws the ProblemErrors of `ToolContext.call`, or CITY_NOT_FOUND. */
export interface WeatherClient {
  current(context: ToolContext, city: string): Promise<WeatherReport>
  /** @param days from today on, 1 to 7 */
  forecast(context: ToolContext, city: string, days: number): Promise<WeatherForecast>
}

export function createWeatherClient(api: DownstreamApi): WeatherClient {
  async function ask<Body extends object>(
    context: ToolContext,
    city: string,
    request: { path: string; subject: string; isBody: (body: unknown) => body is Body },
  ): Promise<Body> {
    const explain = (response: ApiResponse) => explainUnknownCity(api, city, response)
    // What the API says of the token is in the trace, and not for the model.
    const { validated: _validated, ...weather }: Body & { validated?: unknown } = await context.call(api, {
      ...request,
      explain,
    })
    return weather as Body
  }

  return {
    current: (context, city) =>
      ask(context, city, {
        path: `/weather?${new URLSearchParams({ city })}`,
        subject: `weather in ${city}`,
        isBody: isReport,
      }),
    forecast: (context, city, days) =>
      ask(context, city, {
        path: `/weather/forecast?${new URLSearchParams({ city, days: String(days) })}`,
        subject: `forecast for ${city}`,
        isBody: isForecast,
      }),
  }
}

function explainUnknownCity(
  api: DownstreamApi,
  city: string,
  { status, body }: ApiResponse,
): ProblemError | undefined {
  const { code, suggestions = [] } = readApiProblem(body)
  // Something else at that address has a 404 of its own.
  if (code !== 'CITY_NOT_FOUND') return undefined
  return weatherProblem('CITY_NOT_FOUND', `The weather API knows no city called “${city}”.`, {
    upstream: { service: api.name, status, code },
    hint: suggestions.length > 0 ? `Did you mean ${suggestions.join(' or ')}?` : undefined,
  })
}
