import type { ToolSpec } from '../wire/converse-request.ts'
import type { WeatherQuestion } from './question.ts'
import { call, type Reply, say } from './reply.ts'

/** The tools of the server that a message names, as in “ask my-planner for the tasks”; all tools if it names none. */
export function toolsFor(tools: readonly ToolSpec[], message: string): readonly ToolSpec[] {
  const named = tools.filter(({ name }) =>
    new RegExp(`\\b(?:ask|use|via) (?:the )?${name.split('__')[0]}(?:\\b|__)`, 'i').test(message),
  )
  return named.length > 0 ? named : tools
}

const isWeatherTool = ({ name, inputSchema }: ToolSpec) =>
  /weather|forecast/i.test(name) && 'city' in (inputSchema.json.properties ?? {})

/** Calls a weather tool for each place, or asks for the place. */
export function askForWeather(tools: readonly ToolSpec[], { places, days }: WeatherQuestion): Reply {
  const kind = days === undefined ? 'weather' : 'forecast'
  const tool = tools.find(one => isWeatherTool(one) && /forecast/i.test(one.name) === (kind === 'forecast'))
  if (!tool) return say(`I have no ${kind} tool in this conversation, so I cannot look that up.`)
  if (!places) return say('Which city do you mean?')
  const inputs = places.map(city => ({ city, ...(days === undefined ? {} : { days }) }))
  return call(tool.name, inputs, `I’ll look up the ${kind} for ${places.join(' and ')}.`)
}

/** The tool, not for weather, that a message names: `get_tasks`, “get tasks”, or else all but the first word, “tasks”. */
export function findNamedTool(tools: readonly ToolSpec[], message: string): ToolSpec | undefined {
  const said = ` ${wordsOf(message)} `
  const others = tools.filter(tool => !isWeatherTool(tool))
  const find = (left: RegExp) =>
    others.find(({ name }) => said.includes(` ${wordsOf(name.replace(/^\S+__/, '')).replace(left, '')} `))
  return find(/^$/) ?? find(/^\S+ /)
}

/** Calls a tool with the arguments in the message, or asks for the first required argument that the message lacks. */
export function useTool({ name, inputSchema: { json } }: ToolSpec, message: string): Reply {
  const { properties = {}, required = [] } = json
  const texts = Object.keys(properties).filter(property => properties[property]?.type === 'string')
  const [usual] = /(?<=["“])[^"”]+|(?<=\S )\p{Lu}[\p{L}\p{N}-]*/u.exec(message) ?? []
  const textFor = (one: string) => findTextAfter(one, message) ?? (required.includes(one) ? usual : undefined)
  const input = Object.fromEntries(texts.map(one => [one, textFor(one)]))
  const missing = required.find(property => input[property] === undefined)
  if (missing !== undefined) return say(`Which ${wordsOf(missing)} do you mean?`)
  return call(name, [input], `I’ll call ${name}.`)
}

/** What follows a parameter's name in a message: a quoted text, or a word, as in “project Apollo”. */
function findTextAfter(property: string, message: string): string | undefined {
  const text = '["“]?((?<=["“])[^"”]+|[\\p{L}\\p{N}_-]+)'
  return new RegExp(`\\b${wordsOf(property).replaceAll(' ', '[ _-]?')}[ :=]+${text}`, 'iu').exec(message)?.[1]
}

/** The words of a text or of an identifier: “get tasks” of `get_tasks`. */
const wordsOf = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
