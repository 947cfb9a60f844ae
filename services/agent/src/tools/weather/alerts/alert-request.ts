import { findPlace, splitSentences } from '../weather-question.ts'
import type { NewAlert } from './alert.ts'
import { faultOfLastDay, takeLastDay, today } from './last-day.ts'

/** The request about alerts that a message makes. */
export type AlertRequest =
  | {
      readonly kind: 'create'
      readonly newAlert: NewAlert
      /** Set if the message names no last day; then that of `newAlert` is the usual last day. */
      readonly isUsualDay?: true
    }
  | { readonly kind: 'list' }
  | { readonly kind: 'delete'; readonly id: string }
  /** The message is about an alert; `why` says what is missing, or not understood. */
  | { readonly kind: 'unclear'; readonly why: string }

const maxSentenceCharacters = 400
const maxCityCharacters = 100

const [from, to] = ['(?<![\\p{L}\\d])', '(?![\\p{L}\\d])']
const wordPattern = (pattern: string) => new RegExp(`${from}(?:${pattern})${to}`, 'iu')

/** Words that ask for an alert. */
const alertRequest = wordPattern(
  [
    '(?:warn|alert|notify|ping) (?:me|us)',
    '(?:create|set up|set|add|make|record) (?:me )?(?:an?|the|another|one) (?:weather |temperature )?(?:alert|warning)',
    '(?:warne?|warnst du|benachrichtige|alarmiere) (?:bitte )?(?:mich|uns)',
    '(?:erstelle?|setze?|lege?|mache?) (?:mir )?(?:bitte )?(?:eine?n?) (?:wetter|temperatur)?(?:alarm|warnung|alert)',
  ].join('|'),
)
/** Words that ask for an alert if a temperature follows. */
const weakAlertRequest = wordPattern(
  '(?:tell me|let me know|inform me|remind me|(?:sag|gib) mir (?:bitte )?bescheid),? (?:when|if|once|as soon as|wenn|falls|sobald)',
)
const negation = wordPattern("don't|do not|never|stop|no longer|nicht|nie|kein|keine|keinen")

const alertNouns = '(?:weather |wetter)?(?:alerts|alarme|warnungen)'
const listRequest = new RegExp(
  [
    `^(?:please |bitte )?(?:(?:list|show(?: me)?|get|see|zeige?(?: mir)?|liste) )?(?:all |alle )?(?:of )?(?:my|the|all|meine|die|alle) ${alertNouns}(?: (?:please|bitte|an|auf))?$`,
    `^(?:please |bitte )?(?:list|show(?: me)?|zeige?(?: mir)?|liste) ${alertNouns}(?: (?:please|bitte|an|auf))?$`,
    `^(?:which|what) ${alertNouns} (?:do i have|have i|are there)$`,
    `^(?:what are|do i have) (?:my|any) ${alertNouns}$`,
    `^welche ${alertNouns} (?:habe ich|gibt es)$`,
  ].join('|'),
  'iu',
)
const removalRequest = wordPattern(
  '(?:delete|remove|cancel|lösche|entferne) (?:bitte )?(?:(?:the|my|this|that|den|die|das|diesen|diese|meinen|meine|mein) )?(?:weather |wetter)?(?:alert|alarm|warnung)(?: with the id| id| mit der id)?',
)
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i

const numberPattern = '(minus |- ?)?(\\d{1,3}(?:[.,]\\d{1,2})?)(?![.,]?\\d)'
const unitPattern = '(?: ?(?:°|degrees?|grad))? ?(celsius|fahrenheit|c|f)?'
const amountPattern = `(?:${numberPattern}(?:${unitPattern}${to}| ?°)|(zero|freezing|null|den gefrierpunkt|gefrierpunkt)${to})`
const conditionPattern = new RegExp(
  `${from}(?:(below|under|beneath|(?:less|lower|colder|cooler) than|unter|(?:weniger|niedriger|kälter|kühler) als)|above|over|exceeds?|(?:more|higher|warmer|hotter) than|über|(?:mehr|höher|wärmer|heißer) als) ${amountPattern}`,
  'giu',
)

/** Words in requests for alerts that, in lower case, are no part of a city's name. */
const nonCityWords = new Set(
  [
    'when if once as soon whenever should it its it’s gets get getting goes go falls fall falling drops drop dips dip sinks sink',
    'rises rise rising climbs climb becomes become turns turn stays is are temperature temperatures there than city',
    'wenn falls sobald sollte es die der das fällt sinkt steigt klettert wird werden ist geht liegt temperatur temperaturen',
  ]
    .join(' ')
    .split(' '),
)

/**
 * Finds a message's request about alerts, without a model, in English and some German. Pure. Very long sentences are passed over,
 * so that no message takes long.
 *
 * @param today YYYY-MM-DD
 */
export function recogniseAlertRequest(message: string, today: string): AlertRequest | undefined {
  for (const said of splitSentences(message)) {
    const sentence = said
      .replace(/[\u2010-\u2015\u2212\uFE63\uFF0D]/g, '-')
      .replace(/\s+/g, ' ')
      .trim()
    if (sentence.length > maxSentenceCharacters) continue
    const request = recogniseSentence(sentence, today)
    if (request) return request
  }
  return undefined
}

/** Whether a message asks to create, list or delete alerts, clearly or not. */
export function isAboutAlerts(message: string): boolean {
  return recogniseAlertRequest(message, today()) !== undefined
}

function recogniseSentence(sentence: string, today: string): AlertRequest | undefined {
  if (listRequest.test(sentence.replace(/\.$/, ''))) return { kind: 'list' }
  if (negation.test(sentence)) return undefined
  if (removalRequest.test(sentence)) {
    const id = uuid.exec(sentence)?.[0].toLowerCase()
    return id
      ? { kind: 'delete', id }
      : { kind: 'unclear', why: 'The message does not say the id of the alert.' }
  }
  const strong = alertRequest.exec(sentence)
  const said = strong ?? weakAlertRequest.exec(sentence)
  if (!said) return undefined
  const request = readOrder(sentence.slice(0, said.index), sentence.slice(said.index + said[0].length), today)
  return strong || request.kind === 'create' ? request : undefined
}

function readOrder(before: string, after: string, today: string): AlertRequest {
  const { date, rest, ...usual } = takeLastDay(`${before} ${after}`, today)
  const [found, ...others] = rest.matchAll(conditionPattern)
  if (!found || others.length > 0) return unclear('a temperature to fall below or rise above, a single one')
  const celsius = readCelsius(found)
  if (celsius < -90 || celsius > 60) return unclear('a temperature that occurs')
  if (date === undefined) return unclear('a last day that is a date')
  const fault = faultOfLastDay(date, today)
  if (fault !== undefined) return unclear(fault)
  const city = findCity(`${rest.slice(0, found.index)} ${rest.slice(found.index + found[0].length)}`)
  if (city === undefined) return unclear('a city')
  const kind = found[1] === undefined ? 'temperature-above' : 'temperature-below'
  return { kind: 'create', newAlert: { city, when: { kind, celsius }, untilDate: date }, ...usual }
}

const unclear = (what: string) => ({ kind: 'unclear', why: `The message does not name ${what}.` }) as const

function readCelsius([, , sign, digits, scale = '']: RegExpExecArray): number {
  if (digits === undefined) return 0
  const value = Number(digits.replace(',', '.')) * (sign === undefined ? 1 : -1)
  const celsius = /^f/i.test(scale) ? ((value - 32) * 5) / 9 : value
  // `+ 0` turns -0 into 0, as JSON would.
  return Math.round(celsius * 10) / 10 + 0
}

function findCity(text: string): string | undefined {
  const left = text
    .split(' ')
    .filter(word => !nonCityWords.has(word.replace(/(?<![.,])[.,]+$/, '')))
    .join(' ')
  const city = findPlace(left)
  return city !== undefined && city.length <= maxCityCharacters ? city : undefined
}
