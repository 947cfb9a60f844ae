import type { ForecastDay, WeatherForecast, WeatherReport } from './weather.ts'

/** The one day that was asked for: the last of a forecast, or a date. */
export type OneDay = 'last' | { readonly date: string }

/** A report as plain sentences in English. */
export function describeWeather(report: WeatherReport): string {
  const { condition, temperature_c, temperature_f, humidity_percent, wind_kph, source } = report
  const temperature = `${formatDegrees(temperature_c)} °C (${formatDegrees(temperature_f)} °F)`
  const details = [
    humidity_percent === undefined ? undefined : `humidity ${Math.round(humidity_percent)} %`,
    wind_kph === undefined ? undefined : `wind ${Math.round(wind_kph)} km/h`,
  ].filter(detail => detail !== undefined)
  const isMeasured = source === 'open-meteo'
  return [
    isMeasured
      ? `It is ${temperature} in ${namePlace(report)}, ${lowerFirst(condition)}.`
      : `In ${namePlace(report)}: about ${temperature}, ${lowerFirst(condition)}.`,
    details.length > 0 ? `${upperFirst(details.join(', '))}.` : undefined,
    sourceNotes[source],
  ]
    .filter(sentence => sentence !== undefined)
    .join(' ')
}

/** A forecast as plain sentences in English: one line a day, or the last day or one date alone. */
export function describeForecast(forecast: WeatherForecast, only?: OneDay): string {
  const source = sourceNotes[forecast.source]
  if (only !== undefined) {
    const day = only === 'last' ? forecast.days.at(-1) : forecast.days.find(({ date }) => date === only.date)
    if (day) return `${namePlace(forecast)} on ${nameDate(day.date)}: ${describeDay(day)}. ${source}`
    if (only !== 'last')
      return `There is no forecast for ${nameDate(only.date)}: it reaches seven days ahead, today included.`
  }
  const heading = forecast.source === 'open-meteo' ? 'Forecast' : 'What is usual at this time of year'
  const days = forecast.days.map(day => `- ${nameDate(day.date)}: ${describeDay(day)}`)
  return [`${heading} for ${namePlace(forecast)}:`, ...days, '', source].join('\n')
}

export const sourceNotes = {
  'open-meteo': 'Source: Open-Meteo.',
  'climate-normals':
    'Source: climate normals, the long-term means for this time of year – not today’s observed weather.',
} as const

function describeDay({ low_c, high_c, low_f, high_f, condition }: ForecastDay): string {
  const celsius = `${formatDegrees(low_c)} to ${formatDegrees(high_c)} °C`
  const fahrenheit = `${formatDegrees(low_f)} to ${formatDegrees(high_f)} °F`
  return `${celsius} (${fahrenheit}), ${lowerFirst(condition)}`
}

function namePlace({ city, region, country }: Pick<WeatherReport, 'city' | 'region' | 'country'>): string {
  return [...new Set([city, region, country])].filter(part => part).join(', ')
}

const dateFormat = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  timeZone: 'UTC',
})

/** “Friday, 4 December” for `2026-12-04`; what is no date stays as it is. */
export function nameDate(isoDate: string): string {
  const date = new Date(`${isoDate}T00:00:00Z`)
  return Number.isNaN(date.getTime()) ? isoDate : dateFormat.format(date)
}

function formatDegrees(value: number): string {
  const rounded = Math.round(value)
  return `${rounded < 0 ? '−' : ''}${Math.abs(rounded)}`
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
