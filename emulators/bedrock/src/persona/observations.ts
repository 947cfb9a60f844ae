import type { ToolResultBlock } from '../bedrock/converse-request.ts'

/** Current weather, as a tool told it. */
export interface Report {
  readonly celsius: number
  readonly fahrenheit: number | undefined
  readonly condition: string
  readonly humidityPercent: number | undefined
  readonly windKph: number | undefined
}

export interface Day {
  /** `YYYY-MM-DD` */
  readonly date: string
  readonly lowCelsius: number
  readonly lowFahrenheit: number | undefined
  readonly highCelsius: number
  readonly highFahrenheit: number | undefined
  readonly condition: string
}

interface Place {
  readonly city: string
  readonly country: string | undefined
  readonly source: string | undefined
}

/** What a tool's result says: weather now, days ahead, or a sentence, which is what a failure is told in. */
export type Observation =
  | ({ readonly kind: 'report'; readonly report: Report } & Place)
  | ({ readonly kind: 'forecast'; readonly days: readonly Day[] } & Place)
  | { readonly kind: 'sentence'; readonly text: string }

type Fields = Readonly<Record<string, unknown>>

/** Reads a tool's result: JSON with the weather API's fields, or else whatever sentence it is. */
export function observe({ content, status }: ToolResultBlock): Observation {
  const text = content.map(part => part.text ?? JSON.stringify(part.json)).join('\n')
  const fields = status === 'error' ? undefined : parseObject(text)
  return (fields && (readForecast(fields) ?? readReport(fields))) ?? { kind: 'sentence', text }
}

function readReport(fields: Fields): Observation | undefined {
  const celsius = numberOf(fields, 'temperature_c')
  if (celsius === undefined) return undefined
  return {
    kind: 'report',
    ...placeOf(fields),
    report: {
      celsius,
      fahrenheit: numberOf(fields, 'temperature_f'),
      condition: textOf(fields, 'condition') ?? '',
      humidityPercent: numberOf(fields, 'humidity_percent'),
      windKph: numberOf(fields, 'wind_kph'),
    },
  }
}

function readForecast(fields: Fields): Observation | undefined {
  const { days } = fields
  if (!Array.isArray(days)) return undefined
  return { kind: 'forecast', ...placeOf(fields), days: days.filter(isObject).flatMap(readDay) }
}

function readDay(fields: Fields): readonly Day[] {
  const lowCelsius = numberOf(fields, 'low_c')
  const highCelsius = numberOf(fields, 'high_c')
  if (lowCelsius === undefined || highCelsius === undefined) return []
  return [
    {
      date: textOf(fields, 'date') ?? '',
      lowCelsius,
      lowFahrenheit: numberOf(fields, 'low_f'),
      highCelsius,
      highFahrenheit: numberOf(fields, 'high_f'),
      condition: textOf(fields, 'condition') ?? '',
    },
  ]
}

function placeOf(fields: Fields): Place {
  return {
    city: textOf(fields, 'city') ?? '?',
    country: textOf(fields, 'country'),
    source: textOf(fields, 'source'),
  }
}

function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function numberOf(fields: Fields, name: string): number | undefined {
  const value = fields[name]
  return typeof value === 'number' ? value : undefined
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
