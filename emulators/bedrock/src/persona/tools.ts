import { randomBytes } from 'node:crypto'
import type { ConverseRequest } from '../bedrock/converse-request.ts'
import type { ReplyBlock } from './reply.ts'
import { toEnglish } from './understanding/exonyms.ts'
import type { Period } from './understanding/period.ts'

/** A tool of the request that the model knows how to use. */
interface WeatherTool {
  readonly name: string
  /** What it calls the place. */
  readonly placeProperty: string
}

export interface WeatherTools {
  readonly current: WeatherTool | undefined
  readonly forecast: WeatherTool | undefined
}

const placeProperties = ['city', 'location', 'place']

/** Finds, by name and input schema, which of the offered tools tell the weather. */
export function findWeatherTools({ toolConfig }: ConverseRequest): WeatherTools {
  const usable = (toolConfig?.tools ?? []).flatMap(({ toolSpec }) => {
    if (!toolSpec) return []
    const { properties } = toolSpec.inputSchema.json
    const names = typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
    const placeProperty = placeProperties.find(name => names.includes(name))
    return placeProperty === undefined ? [] : [{ name: toolSpec.name, placeProperty }]
  })
  const forecast = usable.find(({ name }) => /forecast/i.test(name))
  return { current: usable.find(tool => tool !== forecast && /weather/i.test(tool.name)), forecast }
}

/** One tool call for each place, by its English name where it has one. */
export function callTool(
  tool: WeatherTool,
  places: readonly string[],
  period: Period | undefined,
): readonly ReplyBlock[] {
  return places.map(place => ({
    type: 'toolUse',
    toolUseId: `tooluse_${randomBytes(16).toString('base64url')}`,
    name: tool.name,
    input: { [tool.placeProperty]: toEnglish(place), ...(period ? { days: period.days } : {}) },
  }))
}
