import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { ToolExchange } from './conversation.ts'

const [text, number] = [Type.String(), Type.Number()]
const Report = Type.Object({
  city: text,
  country: text,
  temperature_c: number,
  condition: text,
  source: text,
})
const Day = Type.Object({ date: text, low_c: number, high_c: number, condition: text })
const Forecast = Type.Object({ city: text, country: text, days: Type.Array(Day), source: text })
const when = Type.Object({ kind: text, celsius: number })
const Alert = Type.Object({ id: text, city: text, when, untilDate: text })

/** Writes an answer that says only what the tools returned; `onlyLastDay`: of forecasts, only the last day. */
export function describeResults(exchanges: readonly ToolExchange[], onlyLastDay: boolean): string {
  const results = exchanges.map(exchange => ({ ...exchange, value: parseResult(exchange, onlyLastDay) }))
  const denial = results.every(({ value }) => isDenied(value)) ? ['Nothing was sent by this denial.'] : []
  return [...results.map(describeResult), ...denial].join('\n')
}

/** A tool's result as JSON, or as text if it is no JSON. */
function parseResult({ result }: ToolExchange, onlyLastDay: boolean): unknown {
  const text = result.content
    .map(({ text, image, json }) => text ?? (image ? `(${image.format} image)` : JSON.stringify(json)))
    .join('\n')
  try {
    return JSON.parse(text, (_, it) => (onlyLastDay && Value.Check(Type.Array(Day), it) ? it.slice(-1) : it))
  } catch {
    return text
  }
}

/** Recognises a failed call by its status or the beginning of its text, and a denied call by the words “was denied”. */
function describeResult({ name, result, value }: ToolExchange & { value: unknown }): string {
  if (isDenied(value)) return `I did not call ${name}, as you decided.`
  const failure = typeof value === 'string' ? /^(?:\S+ failed|Error): (.*)$/s.exec(value)?.[1] : undefined
  if (failure !== undefined || result.status === 'error')
    return `I’m sorry, I could not get that: ${failure ?? describe(value)}`
  const note = Value.Check(Alert, value) ? '. Nothing watches the weather for it, and nobody is told.' : ''
  const isWeather = Value.Check(Report, value) || Value.Check(Forecast, value)
  return isWeather ? describe(value) : `${name} says: ${describe(value)}${note}`
}

const isDenied = (value: unknown) => typeof value === 'string' && /^\S+ was denied\b/.test(value)

/** Weather, an alert, or other JSON as a sentence: “project: Apollo, tasks: launch; land”. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return value.map(describe).join('; ') || 'none'
  if (typeof value !== 'object' || value === null) return String(value)
  if (Value.Check(Report, value))
    return `${value.city}, ${value.country}: ${value.temperature_c} °C, ${value.condition} (${value.source}).`
  if (Value.Check(Forecast, value))
    return `${value.city}, ${value.country}: ${describe(value.days)} (${value.source}).`
  if (Value.Check(Day, value)) return `${value.date} ${value.low_c} to ${value.high_c} °C, ${value.condition}`
  if (Value.Check(Alert, value)) {
    const limit = `${value.when.kind.replace('temperature-', '')} ${value.when.celsius} °C`.replace('-', '−')
    return `${value.city} ${limit} until ${value.untilDate} (${value.id})`
  }
  const members = Object.entries(value).map(([name, one]) => `${name.replaceAll('_', ' ')}: ${describe(one)}`)
  return members.join(', ')
}
