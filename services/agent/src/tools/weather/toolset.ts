import type { EnvironmentReader } from '@entra-bedrock-agent/service-kit'
import { type DownstreamApi, readDownstreamApi } from '../../identity/downstream-api.ts'
import type { DirectCall, OfferedTool, Toolset } from '../toolset.ts'
import { createWeatherClient, type WeatherClient } from './client.ts'
import { needsWeatherTool } from './needs-weather-tool.ts'
import { weatherProblem, weatherProblems } from './problems.ts'
import { describeForecast, describeWeather } from './sentences.ts'
import { recogniseWeatherQuestion, type WeatherQuestion } from './weather-question.ts'

const instructions = `Weather
- Take every statement about weather from get_weather (now) or get_forecast (later today to seven days ahead; the first day is today) in this turn, never from memory or earlier messages.
- For several cities, call the tool once for each, all in one step.
- A follow-up such as "and tomorrow?" is about the cities before it. If no city is known, ask for one.
- One or two sentences for each city, in °C and °F, naming the source.`

/** The tools of the weather API, configured by WEATHER_API_URL and WEATHER_API_APP_ID. */
export function readWeatherToolset(env: EnvironmentReader): Toolset {
  const api = readDownstreamApi(env, {
    name: 'weather-api',
    title: 'Weather API',
    permissions: { role: 'Weather.Read.All', scope: 'Weather.Read' },
    defaultUrl: 'http://localhost:8080',
  })
  const weather = createWeatherClient(api)
  let tools: Promise<readonly OfferedTool[]> | undefined
  return {
    api,
    problems: weatherProblems,
    examples: ['Weather in Dallas?', 'Forecast for Tokyo, 3 days'],
    modelExamples: ['Compare the weather in Oslo and Rome'],
    instructions,
    load() {
      tools ??= import('./tools.ts').then(({ createWeatherTools }) =>
        createWeatherTools(weather).map(tool => ({ tool, api })),
      )
      return tools
    },
    direct: {
      recognise(message) {
        const question = recogniseWeatherQuestion(message)
        return question && toDirectCall(api, weather, question)
      },
      notRecognised: () => weatherProblem('CITY_NOT_RECOGNISED', 'No city was recognised in the message.'),
    },
    wasNeeded: needsWeatherTool,
  }
}

function toDirectCall(
  api: DownstreamApi,
  weather: WeatherClient,
  { place: city, when }: WeatherQuestion,
): DirectCall {
  if (when === 'now') {
    return {
      tool: 'get_weather',
      arguments: { city },
      api,
      answer: async context => describeWeather(await weather.current(context, city)),
    }
  }
  const { days, onlyLast } = when
  return {
    tool: 'get_forecast',
    arguments: { city, days },
    api,
    answer: async context => describeForecast(await weather.forecast(context, city, days), onlyLast),
  }
}
