/** The days that a question is about. The first day of a forecast is today. */
export interface Period {
  /** How many days to ask the forecast for. */
  readonly days: number
  /** The one day asked about, counted from 0 for today. If neither `index` nor `weekdays` is set, all days are meant. */
  readonly index?: number
  /** The days of the week asked about, counted from 0 for Sunday. */
  readonly weekdays?: readonly number[]
}

const maxForecastDays = 7

const namedPeriods: readonly (readonly [RegExp, Period])[] = [
  [/\bday after tomorrow\b/, { days: 3, index: 2 }],
  [/\btomorrow\b/, { days: 2, index: 1 }],
  [/\b(tonight|later today|this evening)\b/, { days: 1, index: 0 }],
  [/\bweekend\b/, { days: maxForecastDays, weekdays: [6, 0] }],
  [/\bweek\b/, { days: maxForecastDays }],
  [/\b(next|coming) days\b/, { days: 3 }],
]
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const numberWords = ['one', 'two', 'three', 'four', 'five', 'six', 'seven']

/** The days that a text asks about; `undefined` if it asks about now. */
export function findPeriod(text: string): Period | undefined {
  const small = text.toLowerCase()
  const weekday = weekdays.findIndex(name => small.includes(name))
  return (
    namedPeriods.find(([pattern]) => pattern.test(small))?.[1] ??
    (weekday < 0 ? findDayCount(small) : { days: maxForecastDays, weekdays: [weekday] }) ??
    (/\b(forecast|will it)\b/.test(small) && !/\btoday\b/.test(small) ? { days: 3 } : undefined)
  )
}

/** Reads a number of days: “3 days”, “the next five days”. */
function findDayCount(text: string): Period | undefined {
  const said = /(\w+) days?\b/.exec(text)?.[1] ?? ''
  const count = numberWords.indexOf(said) + 1 || Number(said)
  return count >= 1 ? { days: Math.min(Math.round(count), maxForecastDays) } : undefined
}
