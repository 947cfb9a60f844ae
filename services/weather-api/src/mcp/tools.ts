import { describeAccess } from '@entra-bedrock-agent/entra-tokens'
import { commonProblem, logProblem, markFailed, toProblem } from '@entra-bedrock-agent/service-kit'
import { genAi } from '@entra-bedrock-agent/telemetry'
import { type CallToolResult, fromJsonSchema, type McpServer } from '@modelcontextprotocol/server'
import { trace } from '@opentelemetry/api'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { CurrentWeather, Forecast, type WeatherProvider } from '../weather/provider.ts'
import { defaultDays, ForecastQuery, WeatherQuery } from '../weather/queries.ts'

const getWeather = {
  title: 'Current weather of a city',
  description:
    'Tells the current weather of a city, in both units of temperature, and where the figures come from.',
  inputSchema: fromJsonSchema<Static<typeof WeatherQuery>>(WeatherQuery),
  outputSchema: fromJsonSchema<CurrentWeather>(CurrentWeather),
  annotations: { readOnlyHint: true },
}

const getForecast = {
  title: 'Forecast for a city',
  description: 'Tells the lowest and highest temperature of each of the next days, from today on.',
  inputSchema: fromJsonSchema<Static<typeof ForecastQuery>>(ForecastQuery),
  outputSchema: fromJsonSchema<Forecast>(Forecast),
  annotations: { readOnlyHint: true },
}

/** Adds the weather tools to the server of one request. */
export function addTools(server: McpServer, weather: WeatherProvider, request: FastifyRequest): void {
  server.registerTool('get_weather', getWeather, ({ city }, { mcpReq: { signal } }) =>
    tell(request, 'get_weather', signal, () => weather.current(city, signal)),
  )
  server.registerTool('get_forecast', getForecast, ({ city, days = defaultDays }, { mcpReq: { signal } }) =>
    tell(request, 'get_forecast', signal, () => weather.forecast(city, days, signal)),
  )
}

/**
 * Makes the result of a tool. `validated` is put into `_meta`, which models do not get; a failure is described by its
 * problem's texts only.
 */
async function tell(
  { id, log, access }: FastifyRequest,
  tool: string,
  signal: AbortSignal,
  ask: () => Promise<CurrentWeather | Forecast>,
): Promise<CallToolResult> {
  const validated = describeAccess(access)
  trace.getActiveSpan()?.setAttribute(genAi.toolName, tool)
  try {
    const structuredContent = await ask()
    log.info({ tool }, 'The tool was called.')
    return { content: [text(JSON.stringify(structuredContent))], structuredContent, _meta: { validated } }
  } catch (error) {
    const problem = signal.aborted
      ? commonProblem('REQUEST_ABORTED', 'The client cancelled the call.')
      : toProblem(error)
    logProblem(log.child({ tool }), problem)
    markFailed(problem.code)
    const { detail: _detail, upstream: _upstream, ...told } = problem.toDocument(id)
    return {
      isError: true,
      content: [text(`${told.title} ${told.hint}`)],
      _meta: { validated, problem: told },
    }
  }
}

function text(text: string) {
  return { type: 'text' as const, text }
}
