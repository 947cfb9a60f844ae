import { describe, expect, it } from 'vitest'
import { describeForecast, describeWeather } from './sentences.ts'
import type { WeatherForecast, WeatherReport } from './weather.ts'

const dallas: WeatherReport = {
  city: 'Dallas',
  region: 'Texas',
  country: 'United States',
  temperature_c: 21.4,
  temperature_f: 70.5,
  condition: 'Partly cloudy',
  humidity_percent: 40,
  wind_kph: 12.3,
  observed_at: '2026-07-01T12:00:00Z',
  source: 'open-meteo',
}
const day = { low_c: -3.6, high_c: -0.2, low_f: 25.5, high_f: 31.6, condition: 'Snow' }
const oslo: WeatherForecast = {
  city: 'Oslo',
  country: 'Norway',
  source: 'open-meteo',
  days: [
    { date: '2026-01-30', ...day },
    { date: '2026-01-31', ...day, condition: 'Clear sky' },
  ],
}

describe('The weather in sentences', () => {
  it('gives degrees Celsius and Fahrenheit, the place, the condition and the source', () => {
    expect(describeWeather(dallas)).toBe(
      'It is 21 °C (71 °F) in Dallas, Texas, United States, partly cloudy. Humidity 40 %, wind 12 km/h. Source: Open-Meteo.',
    )
  })

  it('never passes climate normals off as today’s weather', () => {
    const { humidity_percent: _humidity, wind_kph: _wind, ...bare } = dallas
    const text = describeWeather({ ...bare, source: 'climate-normals' })
    expect(text).toMatch(/^In Dallas, Texas, United States: about 21 °C \(71 °F\), partly cloudy\. Source/)
    expect(text).toMatch(/Source: climate normals.* not today’s observed weather\.$/)
    expect(describeForecast({ ...oslo, source: 'climate-normals' })).toMatch(/^What is usual/)
  })

  it('names a city state once, although it is city, region and country', () => {
    expect(
      describeWeather({ ...dallas, city: 'Singapore', region: 'Singapore', country: 'Singapore' }),
    ).toContain('in Singapore, partly cloudy')
  })

  it('has a line for each day of a forecast, with a true minus sign and no minus zero', () => {
    expect(describeForecast(oslo).split('\n')).toEqual([
      'Forecast for Oslo, Norway:',
      '- Friday 30 January: −4 to 0 °C (26 to 32 °F), snow',
      '- Saturday 31 January: −4 to 0 °C (26 to 32 °F), clear sky',
      '',
      'Source: Open-Meteo.',
    ])
  })

  it('gives only the last day if only that day was asked for', () => {
    expect(describeForecast(oslo, 'last')).toBe(
      'Oslo, Norway on Saturday 31 January: −4 to 0 °C (26 to 32 °F), clear sky. Source: Open-Meteo.',
    )
  })

  it('gives only the date that was asked for, or says that the forecast does not reach it', () => {
    expect(describeForecast(oslo, { date: '2026-01-30' })).toMatch(
      /^Oslo, Norway on Friday 30 January: .*snow\./,
    )
    expect(describeForecast(oslo, { date: '2026-07-03' })).toBe(
      'There is no forecast for Friday 3 July: it reaches seven days ahead, today included.',
    )
  })
})
