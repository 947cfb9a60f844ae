import type { Sentence } from '@entra-agents/trace'
import { nameDate, sourceNotes } from '../sentences.ts'
import type { Alert, Alerts, ComparedAlert, NewAlert } from './alert.ts'

/** An alert that was created, or was there already, in plain English. */
export function describeAlert(alert: Alert): string {
  const parts = inParts(alert).map(part => ('text' in part ? part.text : part.value))
  return `There is an alert now: ${parts.join('')}. Its id is ${alert.id}. An alert is a record: nothing watches the weather for it, and nobody is told. “My alerts” compares it with the weather.`
}

/** An alert that would be created. */
export function tellNewAlert(newAlert: NewAlert, isUsualDay = false): Sentence {
  const usual = isUsualDay ? ' (a week: no last day was named)' : ''
  return [{ text: 'Create an alert for ' }, ...inParts(newAlert, ' when it is '), { text: `${usual}.` }]
}

/** An alert that would be deleted. */
export function tellDeletion(alert: Alert): Sentence {
  return [{ text: 'Delete the alert for ' }, ...inParts(alert), { text: '.' }]
}

/** All alerts in plain English, a line for each with the weather now. */
export function describeAlerts({ alerts }: Alerts): string {
  if (alerts.length === 0) return 'There are no alerts.'
  const heading = alerts.length === 1 ? 'There is one alert:' : `There are ${alerts.length} alerts:`
  const sources = new Set(alerts.flatMap(({ now }) => now?.source ?? []))
  const notes = [...sources].map(source => sourceNotes[source])
  return [heading, ...alerts.map(describeComparison), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')
}

export const describeDeletion = (id: string): string => `There is no alert ${id} any more.`

function describeComparison({ city, when, untilDate, id, now, reached }: ComparedAlert): string {
  const weather =
    now === null || reached === null
      ? 'Now unknown: the weather could not be looked up'
      : `Now ${now.source === 'open-meteo' ? '' : 'about '}${formatDegrees(now.celsius)} °C, ${reached ? 'reached' : 'not reached'}`
  return `- ${city}: ${sideOf(when)} ${formatDegrees(when.celsius)} °C. ${weather}. Until ${nameLastDay(untilDate)} (${id}).`
}

function inParts({ city, when, untilDate }: NewAlert, joint = ' '): Sentence {
  return [
    { value: city },
    { text: joint },
    { value: `${sideOf(when)} ${formatDegrees(when.celsius)} °C` },
    { text: ', until ' },
    { value: nameLastDay(untilDate) },
  ]
}

const sideOf = ({ kind }: NewAlert['when']) => (kind === 'temperature-below' ? 'below' : 'above')

const nameLastDay = (date: string) => `${nameDate(date)} ${date.slice(0, 4)}`

function formatDegrees(celsius: number): string {
  return `${celsius < 0 ? '−' : ''}${Math.abs(celsius)}`
}
