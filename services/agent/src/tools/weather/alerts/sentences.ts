import type { Sentence } from '@entra-agents/trace'
import { nameDate } from '../sentences.ts'
import type { Alert, Alerts, NewAlert } from './alert.ts'

const recordNote = 'An alert is a record: nothing watches the weather for it, and nobody is told.'

/** An alert that was created, or was there already, in plain English. */
export function describeAlert(alert: Alert): string {
  return `There is an alert now: ${inWords(alert)}. Its id is ${alert.id}. ${recordNote}`
}

/** An alert that would be created. */
export function tellNewAlert(newAlert: NewAlert, isUsualDay = false): Sentence {
  const usual = isUsualDay ? ' (a week: no last day was named)' : ''
  return [...inParts(newAlert), { text: `${usual}. ${recordNote}` }]
}

/** An alert that would be deleted. */
export function tellDeletion(alert: Alert): Sentence {
  return [{ text: 'The alert ' }, ...inParts(alert), { text: ' would be deleted.' }]
}

/** All alerts in plain English, a line for each. */
export function describeAlerts({ alerts }: Alerts): string {
  if (alerts.length === 0) return 'There are no alerts.'
  const heading = alerts.length === 1 ? 'There is one alert:' : `There are ${alerts.length} alerts:`
  return [heading, ...alerts.map(alert => `- ${inWords(alert)} (${alert.id})`), '', recordNote].join('\n')
}

export const describeDeletion = (id: string): string => `There is no alert ${id} any more.`

function inWords(alert: NewAlert): string {
  return inParts(alert)
    .map(part => ('text' in part ? part.text : part.value))
    .join('')
}

function inParts({ city, when, untilDate }: NewAlert): Sentence {
  return [
    { value: city },
    { text: when.kind === 'temperature-below' ? ' below ' : ' above ' },
    { value: `${formatDegrees(when.celsius)} °C` },
    { text: ', until ' },
    { value: `${nameDate(untilDate)} ${untilDate.slice(0, 4)}` },
  ]
}

function formatDegrees(celsius: number): string {
  return `${celsius < 0 ? '−' : ''}${Math.abs(celsius)}`
}
