import { describeAlertResult } from './alerts.ts'
import type { ToolExchange } from './conversation.ts'
import { describeSources, describeWeather, isWeather } from './weather-answer.ts'
import type { WeatherQuestion } from './weather-question.ts'

/** Writes an answer that says only what the tools returned. */
export function describeResults(exchanges: readonly ToolExchange[], question: WeatherQuestion): string {
  const results = exchanges.map(exchange => ({ ...exchange, value: parseResult(exchange) }))
  const sentNothing = results.length > 0 && results.every(({ value }) => isDenied(value))
  const weather = results.map(({ value }) => value).filter(isWeather)
  return [
    ...describeWeather(weather, question),
    ...results.filter(({ value }) => !isWeather(value)).map(describeResult),
    ...(sentNothing ? ['Nothing was sent by this denial.'] : []),
    ...describeSources(weather),
  ].join('\n')
}

/** A tool's result as JSON, or as text if it is no JSON. */
function parseResult({ result }: ToolExchange): unknown {
  const text = result.content
    .map(({ text, image, json }) => text ?? (image ? `(${image.format} image)` : JSON.stringify(json)))
    .join('\n')
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Recognises a failed call by its status or the beginning of its text, and a denied call by the words “was denied”. */
function describeResult({ name, result, value }: ToolExchange & { value: unknown }): string {
  if (isDenied(value)) return `I did not call ${name}, as you decided.`
  const failure = typeof value === 'string' ? /^(?:\S+ failed|Error): (.*)$/s.exec(value)?.[1] : undefined
  if (failure !== undefined || result.status === 'error') {
    return `I’m sorry, I could not get that: ${failure ?? describeValue(value)}`
  }
  const alerts = describeAlertResult(value)
  if (alerts !== undefined) return alerts
  return typeof value === 'string' ? `${name} says: ${value}` : `${name} says: ${describeValue(value)}.`
}

const isDenied = (value: unknown) => typeof value === 'string' && /^\S+ was denied\b/.test(value)

/** JSON as a sentence: “project: Apollo, tasks: launch; land”. */
function describeValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(describeValue).join('; ') || 'none'
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, inner]) => `${name.replaceAll('_', ' ')}: ${describeValue(inner)}`)
    .join(', ')
}
