import { nameDate } from '../sentences.ts'
import type { Alert, Alerts, NewAlert } from './alert.ts'

const recordNote = 'An alert is a record: nothing watches the weather for it, and nobody is told.'

/** An alert that was created, or was there already, in plain English. */
export function describeAlert(alert: Alert): string {
  return `There is an alert now: ${inWords(alert)}. Its id is ${alert.id}. ${recordNote}`
}

/** An alert that would be created. */
export function describeNewAlert(newAlert: NewAlert, isUsualDay = false): string {
  return `${inWords(newAlert)}${isUsualDay ? ' (a week: no last day was named)' : ''}. ${recordNote}`
}

/** All alerts in plain English, a line for each. */
export function describeAlerts({ alerts }: Alerts): string {
  if (alerts.length === 0) return 'There are no alerts.'
  const heading = alerts.length === 1 ? 'There is one alert:' : `There are ${alerts.length} alerts:`
  return [heading, ...alerts.map(alert => `- ${inWords(alert)} (${alert.id})`), '', recordNote].join('\n')
}

export const describeDeletion = (id: string): string => `There is no alert ${id} any more.`

function inWords({ city, when, untilDate }: NewAlert): string {
  const side = when.kind === 'temperature-below' ? 'below' : 'above'
  return `${city} ${side} ${formatDegrees(when.celsius)} °C, until ${nameDate(untilDate)} ${untilDate.slice(0, 4)}`
}

function formatDegrees(celsius: number): string {
  return `${celsius < 0 ? '−' : ''}${Math.abs(celsius)}`
}
