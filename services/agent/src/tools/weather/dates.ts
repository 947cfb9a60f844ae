const months = 'january february march april may june july august september october november december'.split(
  ' ',
)
const monthNames = months.flatMap(month => [month, month.slice(0, 3)]).join('|')
const dayMs = 24 * 3_600_000

/** “2026-12-03”, “3 December”, “3 Dec 2027” */
export const datePattern = new RegExp(
  `\\b(?:(\\d{4}-\\d{2}-\\d{2})|(\\d{1,2}) (${monthNames})(?: (\\d{4}))?)\\b`,
  'iu',
)

/** The date that `datePattern` found, as YYYY-MM-DD; `undefined` if there is no such date. A day without a year is the next such day. */
export function dateIn([, iso, day = '', name = '', year]: RegExpExecArray, today: string) {
  const month = months.findIndex(one => one.startsWith(name.toLowerCase())) + 1
  const thisYear = Number(today.slice(0, 4))
  const years = year === undefined ? [thisYear, thisYear + 1] : [year]
  const dates = years.map(one => `${one}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`)
  return [iso ?? dates].flat().find(date => isDate(date) && (iso ?? year ?? today) <= date)
}

function isDate(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(ms) && toDate(ms) === date
}

/** YYYY-MM-DD, in UTC. */
export const today = () => toDate(Date.now())

export const addDays = (date: string, days: number) => toDate(Date.parse(date) + days * dayMs)

const toDate = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/**
 * Says which last day of an alert the API would take in place of `date`; `undefined` if the API takes `date`. The API also takes
 * yesterday (UTC), which may still be today where the user is.
 *
 * @param fromDate today, YYYY-MM-DD
 */
export function faultOfLastDay(date: string, fromDate: string): string | undefined {
  if (!isDate(date)) return 'a last day that is a date'
  if (date < addDays(fromDate, -1)) return 'a last day that is still to come'
  return date > addDays(fromDate, 366) ? 'a last day within a year' : undefined
}
