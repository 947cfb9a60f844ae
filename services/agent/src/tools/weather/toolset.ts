import type { DirectCall, OfferedTool, Toolset } from '@entra-agents/approval'
import { type DownstreamApi, readDownstreamApi } from '@entra-agents/identity/core'
import type { EnvironmentReader } from '@entra-agents/service-kit'
import { alertInstructions, readAlerts } from './alerts/alerts.ts'
import { alertProblems } from './alerts/problems.ts'
import { createWeatherClient, type WeatherClient } from './client.ts'
import { today } from './dates.ts'
import { needsWeatherTool } from './needs-weather-tool.ts'
import { weatherProblem, weatherProblems } from './problems.ts'
import { describeForecast, describeWeather } from './sentences.ts'
import { recogniseWeatherQuestion, type WeatherQuestion } from './weather-question.ts'

const instructions = `Weather
- Take every statement about weather from get_weather (now) or get_forecast (later today to seven days ahead; the first day is today) in this turn, never from memory or earlier messages.
- For several cities, call the tool once for each, all in one step.
- A follow-up such as "and tomorrow?" is about the cities before it. If no city is known, ask for one.
- One or two sentences for each city, in °C and °F, naming the source.`

/** Words of messages about alerts, which can contain weather words, too. */
const alertWords = /\balerts?\b|\b(?:warn|notify) (?:me|us)\b/i

/** The tools of the weather API, configured by WEATHER_API_URL and WEATHER_API_APP_ID; with WEATHER_API_ALERTS those for alerts too. */
export function readWeatherToolset(env: EnvironmentReader): Toolset | undefined {
  const api = readDownstreamApi(env, {
    name: 'weather-api',
    title: 'Weather API',
    permissions: { role: 'Weather.Read.All', scope: 'Weather.Read' },
    defaultUrl: 'http://localhost:8080',
  })
  if (!api) return undefined
  const weather = createWeatherClient(api)
  const alerts = readAlerts(env, api)
  let tools: Promise<readonly OfferedTool[]> | undefined
  const load = async () => {
    const { createWeatherTools } = await import('./tools.ts')
    return [...createWeatherTools(weather).map(tool => ({ tool, api })), ...((await alerts?.load()) ?? [])]
  }
  return {
    api,
    ...(alerts ? { otherRights: [alerts.api] } : {}),
    problems: alerts ? { ...weatherProblems, ...alertProblems } : weatherProblems,
    examples: ['Weather in Dallas?', 'Forecast for Tokyo, 3 days'],
    ...(alerts ? { userExamples: ['My alerts', 'Warn me when Oslo falls below −5 °C'] } : {}),
    modelExamples: ['Compare the weather in Oslo and Rome'],
    instructions: alerts ? `${instructions}\n\n${alertInstructions}` : instructions,
    load() {
      tools ??= load()
      return tools
    },
    direct: {
      recognise(message) {
        const call = alerts?.recognise(message)
        if (call) return call
        const question = recogniseWeatherQuestion(message, today())
        return question && toDirectCall(api, weather, question)
      },
      notRecognised: () =>
        weatherProblem('CITY_NOT_RECOGNISED', 'No question about one city was recognised in the message.'),
    },
    wasNeeded: (turn, answer) => !(alerts && alertWords.test(turn.message)) && needsWeatherTool(turn, answer),
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
  const { days, only } = when
  return {
    tool: 'get_forecast',
    arguments: { city, days },
    api,
    answer: async context => describeForecast(await weather.forecast(context, city, days), only),
  }
}
