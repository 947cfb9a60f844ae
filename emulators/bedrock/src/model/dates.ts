const dayMs = 24 * 3_600_000

/** “2026-12-03”, “3 December”, “3 Dec 2027” */
export const datePattern =
  /\b(?:\d{4}-\d{2}-\d{2}|\d{1,2} (?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*(?: \d{4})?)\b/i

/** The days from today to the date that `datePattern` found, if it is not over. A day without a year is the next such day. */
export function daysUntil([said]: RegExpExecArray, today: string): number | undefined {
  const year = Number(today.slice(0, 4))
  const dates = [said, `${said} ${year}`, `${said} ${year + 1}`]
  return dates.map(one => (Date.parse(`${one} UTC`) - Date.parse(today)) / dayMs).find(days => days >= 0)
}

export const addDays = (date: string, days: number) =>
  new Date(Date.parse(date) + days * dayMs).toISOString().slice(0, 10)
