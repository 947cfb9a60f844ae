import type { ToolSpec } from '../wire/converse-request.ts'
import type { WeatherQuestion } from './question.ts'
import { call, type Reply, say } from './reply.ts'

/** The tools of the server that a message names, as in “ask my-planner for the tasks”; all tools if it names none. */
export function toolsFor(tools: readonly ToolSpec[], message: string): readonly ToolSpec[] {
  const mention = (server = '') => new RegExp(`\\b(?:ask|use|via) (?:the )?${server}(?:\\b|__)`, 'i')
  const named = tools.filter(({ name }) => mention(name.split('__')[0]).test(message))
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

/**
 * Calls the tool, not for weather, that a message names: `get_tasks`, “get tasks”, or else all but the first word, “tasks”. Asks
 * for the first required argument that the message lacks. `undefined` if it names no tool.
 */
export function useNamedTool(tools: readonly ToolSpec[], message: string): Reply | undefined {
  const said = ` ${wordsOf(message)} `
  const others = tools.filter(tool => !isWeatherTool(tool))
  const find = (left: RegExp) =>
    others.find(({ name }) => said.includes(` ${wordsOf(name.replace(/^\S+__/, '')).replace(left, '')} `))
  const tool = find(/^$/) ?? find(/^\S+ /)
  if (!tool) return undefined
  const { properties = {}, required = [] } = tool.inputSchema.json
  const [usual] = /(?<=["“])[^"”]+|(?<=\S )\p{Lu}[\p{L}\p{N}-]*/u.exec(message) ?? []
  /** What follows a parameter's name in the message: a quoted text, or a word, as in “project Apollo”. */
  const findText = (parameter: string) => {
    const start = `\\b${wordsOf(parameter).replaceAll(' ', '[ _-]?')}[ :=]+["“]?`
    const found = new RegExp(`${start}((?<=["“])[^"”]+|[\\p{L}\\p{N}_-]+)`, 'iu').exec(message)
    return found?.[1] ?? (required.includes(parameter) ? usual : undefined)
  }
  const texts = Object.keys(properties).filter(property => properties[property]?.type === 'string')
  const input = Object.fromEntries(texts.map(parameter => [parameter, findText(parameter)]))
  const missing = required.find(parameter => input[parameter] === undefined)
  if (missing !== undefined) return say(`Which ${wordsOf(missing)} do you mean?`)
  return call(tool.name, [input], `I’ll call ${tool.name}.`)
}

/** The words of a text or of an identifier: “get tasks” of `get_tasks`. */
const wordsOf = (text: string) => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')
