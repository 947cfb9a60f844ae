import type { ToolSpec } from '../wire/converse-request.ts'
import { readPlaces, tidy } from './places.ts'
import { datePattern, daysUntil } from './question.ts'
import { call, type Reply, say } from './reply.ts'

const listing = /^(?:list|show|which|what)\b.*\balerts\b|\bmy alerts\b/i
const removal = /^(?:delete|remove|cancel)\b.*\balert\b/i
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i
const creation =
  /^(?:(?:warn|alert|notify) me\b(?: when| if)?(?: the temperature in)?|(?:create|set|add) an? alert\b(?: for)?) ?/i
const condition =
  / (?:falls? |drops? |rises? |is |gets |goes )?(?:(below|under)|above|over) (- ?|minus )?(\d+(?:\.\d+)?)(?: ?(?:°|degrees))?(?: ?(?:c|celsius))?$/i

/** Calls a tool for alerts, or asks for what is missing; `undefined` if a message is not about alerts. They last a week by default. */
export function answerAlerts(tools: readonly ToolSpec[], message: string, today: string): Reply | undefined {
  const find = (name: string) => tools.find(tool => tool.name.split('__').at(-1) === name)
  const [create, list, remove] = ['create_alert', 'list_alerts', 'delete_alert'].map(find)
  const said = tidy(message).replace(/[‐-―−]/g, '-')
  const [isCreation, isRemoval] = [creation.test(said), removal.test(said)]
  if (list && ((isCreation && !create) || (isRemoval && !remove)))
    return say('I have no tool that changes alerts in this conversation: ask on behalf of a signed-in user.')
  if (create && isCreation) return createAlert(create, said.replace(creation, ' '), today)
  const id = uuid.exec(said)?.[0].toLowerCase()
  if (remove && isRemoval && id) return call(remove.name, [{ id }], 'I’ll ask to delete that alert.')
  if (remove && isRemoval) return say('Which alert do you mean? “My alerts” shows their ids.')
  return list && listing.test(said) ? call(list.name, [{}], 'I’ll look at the alerts.') : undefined
}

function createAlert({ name }: ToolSpec, said: string, today: string): Reply {
  const [what = '', until] = said.split(/ until /i)
  const found = condition.exec(what)
  if (!found) return say('Below or above which temperature?')
  const cities = readPlaces(what.slice(0, found.index).trim())
  if (cities.length === 0) return say('Which city do you mean?')
  const day = datePattern.exec(until ?? '')
  const days = until === undefined ? 7 : day && daysUntil(day, today)
  if (typeof days !== 'number') return say('Until which day?')
  const [, below, sign, digits] = found
  const celsius = Number(digits) * (sign === undefined ? 1 : -1)
  const when = { kind: below === undefined ? 'temperature-above' : 'temperature-below', celsius }
  const untilDate = new Date(Date.parse(today) + days * 24 * 3_600_000).toISOString().slice(0, 10)
  const inputs = cities.map(city => ({ city, when, untilDate }))
  return call(name, inputs, `I’ll ask for an alert for ${cities.join(' and ')}.`)
}
