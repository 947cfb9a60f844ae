import { addDays, dateIn, datePattern, faultOfLastDay } from '../dates.ts'
import { readPlace, tidy } from '../places.ts'
import type { NewAlert } from './alert.ts'

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

const listing =
  /^(?:(?:list|show)(?: me)?(?: all)?(?: my| the)? alerts|(?:all )?my alerts|which alerts (?:do i have|are there))$/i
const removal = /^(?:delete|remove|cancel) (?:my |the )?alert\b ?(.*)$/i
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const creation =
  /^(?:(?:warn|alert|notify) me\b(?: when| if)?(?: the temperature in)?|(?:create|set|add) an? alert\b(?: for)?) ?/i
const condition =
  / (?:falls? |drops? |rises? |is |gets |goes )?(?:(below|under)|above|over) (- ?|minus )?(\d{1,3}(?:\.\d{1,2})?)(?: ?(?:°|degrees?))? ?(celsius|fahrenheit|[cf])?$/i
const lastDay = new RegExp(`^${datePattern.source}$`, 'iu')

/**
 * Finds a message's request about alerts, without a model: by a few plain English patterns. A request that says more than they
 * cover is unclear.
 *
 * @param today YYYY-MM-DD
 */
export function recogniseAlertRequest(message: string, today: string): AlertRequest | undefined {
  const said = tidy(message).replace(/[\u2010-\u2015\u2212]/g, '-')
  if (listing.test(said)) return { kind: 'list' }
  const id = removal.exec(said)?.[1]?.toLowerCase()
  if (id !== undefined) return uuid.test(id) ? { kind: 'delete', id } : unclear('the id of the alert')
  return creation.test(said) ? readNewAlert(said.replace(creation, ''), today) : undefined
}

function readNewAlert(said: string, today: string): AlertRequest {
  const [what = '', until, ...others] = said.split(/ until /i)
  const found = condition.exec(what)
  if (!found) return unclear('a city and then a single temperature to fall below or rise above')
  const celsius = readCelsius(found)
  if (celsius < -90 || celsius > 60) return unclear('a temperature that occurs')
  const city = readPlace(what.slice(0, found.index))
  if (city === undefined || city.length > 60) return unclear('a city')
  const date = lastDay.exec(until ?? '')
  const untilDate = (until === undefined ? addDays(today, 7) : date && dateIn(date, today)) ?? ''
  const fault = others.length > 0 ? 'a single last day' : faultOfLastDay(untilDate, today)
  if (fault !== undefined) return unclear(fault)
  const when = { kind: found[1] ? 'temperature-below' : 'temperature-above', celsius } as const
  const usual = until === undefined ? ({ isUsualDay: true } as const) : {}
  return { kind: 'create', newAlert: { city, when, untilDate }, ...usual }
}

const unclear = (what: string) => ({ kind: 'unclear', why: `The message does not name ${what}.` }) as const

function readCelsius([, , sign, digits, scale = '']: RegExpExecArray): number {
  const value = Number(digits) * (sign === undefined ? 1 : -1)
  const celsius = /^f/i.test(scale) ? ((value - 32) * 5) / 9 : value
  // `+ 0` turns -0 into 0, as JSON would.
  return Math.round(celsius * 10) / 10 + 0
}
