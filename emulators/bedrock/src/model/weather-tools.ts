import type { ToolSpec } from '../wire/converse-request.ts'
import { type Reply, replyWithCalls, say } from './reply.ts'
import { listNames } from './weather-answer.ts'
import type { WeatherQuestion } from './weather-question.ts'

/** Whether a tool is about weather, by its name and parameters. */
export function isWeatherTool(tool: ToolSpec): boolean {
  return /weather|forecast/i.test(tool.name) && placePropertyOf(tool) !== undefined
}

function placePropertyOf({ inputSchema }: ToolSpec): string | undefined {
  return ['city', 'location', 'place'].find(name => name in (inputSchema.json.properties ?? {}))
}

/** Calls a weather tool for each place, or asks for the place. */
export function askForWeather(tools: readonly ToolSpec[], { places, period }: WeatherQuestion): Reply {
  const forecast = tools.find(({ name }) => /forecast/i.test(name))
  const current = tools.find(({ name }) => !/forecast/i.test(name))
  const tool = period ? forecast : (current ?? forecast)
  if (!tool) return say('I have no forecast tool in this conversation, so I cannot look ahead.')
  if (places.length === 0) return say('Which city do you mean?')
  const property = placePropertyOf(tool) ?? 'city'
  const days = tool === forecast ? { days: period?.days ?? 1 } : {}
  const what = tool === forecast ? 'look at the forecast for' : 'check the current weather in'
  return replyWithCalls(
    tool.name,
    places.map(place => ({ [property]: place, ...days })),
    `I’ll ${what} ${listNames(places)}.`,
  )
}
