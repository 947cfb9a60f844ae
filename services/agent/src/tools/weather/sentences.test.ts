import { expect, it } from 'vitest'
import type { NewAlert } from './alerts/alert.ts'
import {
  describeAlert,
  describeAlerts,
  describeDeletion,
  tellDeletion,
  tellNewAlert,
} from './alerts/sentences.ts'
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
const { humidity_percent: _humidity, wind_kph: _wind, ...bare } = dallas
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
const cold: NewAlert = {
  city: 'Oslo',
  when: { kind: 'temperature-below', celsius: -5.5 },
  untilDate: '2026-12-04',
}
const alert = { ...cold, id: 'id-1', createdAt: '2026-11-28T12:00:00.000Z' }
const now = { celsius: -2, observedAt: '2026-11-28T12:00:00Z', source: 'open-meteo' } as const
const usual = { ...now, celsius: 31.4, source: 'climate-normals' } as const
const hot = { ...alert, id: 'id-2', city: 'Rome', when: { kind: 'temperature-above', celsius: 30 } } as const

it('Weather and alerts are told in plain English: with true minus signs, their source, and no climate normals as today’s weather', async () => {
  const texts = {
    'weather that was measured': describeWeather(dallas),
    'usual weather': describeWeather({ ...bare, source: 'climate-normals' }),
    'a city state': describeWeather({
      ...dallas,
      city: 'Singapore',
      region: 'Singapore',
      country: 'Singapore',
    }),
    'a forecast': describeForecast(oslo),
    'a forecast of what is usual': describeForecast({ ...oslo, source: 'climate-normals' }),
    'the last day alone': describeForecast(oslo, 'last'),
    'one date alone': describeForecast(oslo, { date: '2026-01-30' }),
    'a date that the forecast does not reach': describeForecast(oslo, { date: '2026-07-03' }),
    'an alert': describeAlert(alert),
    'no alerts': describeAlerts({ alerts: [] }),
    'one alert that is not reached': describeAlerts({ alerts: [{ ...alert, now, reached: false }] }),
    'an alert that is reached by usual weather': describeAlerts({
      alerts: [{ ...hot, now: usual, reached: true }],
    }),
    'an alert whose weather is not known': describeAlerts({ alerts: [{ ...hot, now: null, reached: null }] }),
    'three alerts': describeAlerts({
      alerts: [
        { ...alert, now, reached: false },
        { ...hot, now: usual, reached: true },
        { ...hot, now: null, reached: null },
      ],
    }),
    'a deleted alert': describeDeletion('id-1'),
    'a new alert': JSON.stringify(tellNewAlert(cold)),
    'a new alert for the usual time': JSON.stringify(tellNewAlert(cold, true)),
    'an alert that would be deleted': JSON.stringify(tellDeletion(hot)),
  }
  const blocks = Object.entries(texts).map(([what, text]) => `# ${what}\n${text}\n`)
  await expect(blocks.join('\n')).toMatchFileSnapshot('sentences.txt')
})
