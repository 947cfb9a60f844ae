import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { ToolSpec } from '../wire/converse-request.ts'
import { findPlaces } from './places.ts'
import { type Reply, replyWithCalls, say } from './reply.ts'
import { listNames } from './weather-answer.ts'

const creationPattern = /\b(?:(?:warn|alert|notify) me|(?:create|set|add|make) (?:me )?an alert)\b/i
const removalPattern = /\b(?:delete|remove|cancel)\b.*\balert\b/i
const listingPattern = /^(?:list|show|which|what)\b.*\balerts\b|\bmy alerts\b/i
const uuidPattern = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i
const conditionPattern =
  /\b(?:(below|under|colder than)|above|over|warmer than) ([-−–]? ?\d+(?:\.\d+)?)(?: ?°| degrees?)?(?: ?(c|f|celsius|fahrenheit)\b)?/i
const untilPattern = /\buntil (?:(\d{4}-\d{2}-\d{2})|(\d{1,2}) (\p{L}{3,}))/iu
/** Verbs in lower case only, since a capitalised one may be part of a name. */
const conditionVerbs = /\b(?:falls?|drops?|rises?|gets?|goes|becomes)\b/g
const dayMs = 24 * 3_600_000

/**
 * Calls a tool for alerts, or asks for what is missing; `undefined` if a message is not about alerts. Alerts last a week by default.
 *
 * @param today YYYY-MM-DD
 */
export function answerAboutAlerts(
  tools: readonly ToolSpec[],
  message: string,
  today: string,
): Reply | undefined {
  const find = (name: string) => tools.find(tool => tool.name.split('__').at(-1) === name)
  const [create, list, remove] = ['create_alert', 'list_alerts', 'delete_alert'].map(find)
  if (!create && !list && !remove) return undefined
  const needsUser = say(
    'I have no tool that changes alerts in this conversation: ask on behalf of a signed-in user.',
  )
  if (creationPattern.test(message)) return create ? createAlert(create, message, today) : needsUser
  if (removalPattern.test(message)) {
    const id = uuidPattern.exec(message)?.[0].toLowerCase()
    if (!remove) return needsUser
    return id
      ? replyWithCalls(remove.name, [{ id }], 'I’ll ask to delete that alert.')
      : say('Which alert do you mean? “My alerts” shows their ids.')
  }
  return list && listingPattern.test(message)
    ? replyWithCalls(list.name, [{}], 'I’ll look at the alerts.')
    : undefined
}

function createAlert({ name }: ToolSpec, message: string, today: string): Reply {
  const found = conditionPattern.exec(message)
  if (!found) return say('Below or above which temperature?')
  const [, below, number = '', scale = ''] = found
  const cities = findPlaces(
    [creationPattern, conditionPattern, untilPattern, conditionVerbs].reduce(
      (text, part) => text.replace(part, ' '),
      message,
    ),
  )
  if (cities.length === 0) return say('Which city do you mean?')
  const value = Number(number.replace(' ', '').replace(/[−–]/, '-'))
  const celsius = /^f/i.test(scale) ? Math.round(((value - 32) * 50) / 9) / 10 : value
  const when = { kind: below === undefined ? 'temperature-above' : 'temperature-below', celsius }
  const untilDate = findLastDay(message, today)
  return replyWithCalls(
    name,
    cities.map(city => ({ city, when, untilDate })),
    `I’ll ask for an alert for ${listNames(cities)}.`,
  )
}

function findLastDay(message: string, today: string): string {
  const [, iso, day, month] = untilPattern.exec(message) ?? []
  if (iso !== undefined) return iso
  if (day !== undefined) {
    const year = Number(today.slice(0, 4))
    const dates = [year, year + 1].map(one => Date.parse(`${day} ${month} ${one} UTC`))
    const next = dates.find(ms => ms >= Date.parse(today))
    if (next !== undefined) return dateOf(next)
  }
  return dateOf(Date.parse(today) + 7 * dayMs)
}

const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

const Alert = Type.Object({
  id: Type.String(),
  city: Type.String(),
  when: Type.Object({ kind: Type.String(), celsius: Type.Number() }),
  untilDate: Type.String(),
})
const Alerts = Type.Object({ alerts: Type.Array(Alert) })
const DeletedAlert = Type.Object({ deleted: Type.String() })

/** What a tool for alerts returned, in words; `undefined` for any other result. */
export function describeAlertResult(result: unknown): string | undefined {
  if (Value.Check(Alert, result))
    return `The alert is recorded: ${describeAlert(result)}. Nothing watches the weather for it, and nobody is told.`
  if (Value.Check(DeletedAlert, result)) return `The alert ${result.deleted} is deleted.`
  if (!Value.Check(Alerts, result)) return undefined
  const lines = result.alerts.map(alert => `- ${describeAlert(alert)} (${alert.id})`)
  return lines.length === 0 ? 'There are no alerts.' : ['These alerts are recorded:', ...lines].join('\n')
}

function describeAlert({ city, when, untilDate }: Static<typeof Alert>): string {
  const side = when.kind === 'temperature-below' ? 'below' : 'above'
  return `${city} ${side} ${String(when.celsius).replace('-', '−')} °C until ${untilDate}`
}
