import { getOrMake } from '@entra-agents/service-kit'
import type { MonthlyMeans } from './cities.ts'

const dayMs = 24 * 60 * 60 * 1000

/**
 * The normal of one day, by linear interpolation between monthly means, each of which applies to the middle of its month.
 *
 * @param date calendar date `YYYY-MM-DD`
 * @returns °C
 */
export function normalOfDay(date: string, means: MonthlyMeans): number {
  const [year = 0, month = 0] = date.split('-').map(Number)
  const day = Date.parse(date)
  const middle = middleOfMonth(year, month)
  const direction = day < middle ? -1 : 1
  const neighbour = middleOfMonth(year, month + direction)
  const share = (day - middle) / (neighbour - middle)
  return meanOf(means, month) * (1 - share) + meanOf(means, month + direction) * share
}

function middleOfMonth(year: number, month: number): number {
  const start = Date.UTC(year, month - 1, 1)
  return start + (Date.UTC(year, month, 1) - start - dayMs) / 2
}

/** `month` counts from 1; 0 is the previous December, 13 the next January. */
function meanOf(means: MonthlyMeans, month: number): number {
  return means[(month + 11) % 12] ?? Number.NaN
}

// biome-ignore format: table
const monthNames = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

/** "2026-07-04" becomes "early July", the 15th "mid-July", the 25th "late July". */
export function partOfMonth(date: string): string {
  const month = monthNames[Number(date.slice(5, 7)) - 1]
  const dayOfMonth = Number(date.slice(8))
  if (dayOfMonth <= 10) return `early ${month}`
  return dayOfMonth <= 20 ? `mid-${month}` : `late ${month}`
}

/** A formatter for each time zone, since creating one is slow. */
const dateFormats = new Map<string, Intl.DateTimeFormat>()

/** The calendar date (`2026-11-29`) in a time zone (`Europe/Berlin`), some days after an instant. */
export function localDate(instantMs: number, timeZone: string, daysLater = 0): string {
  const format = getOrMake(dateFormats, timeZone, () => new Intl.DateTimeFormat('sv', { timeZone }))
  const today = format.format(instantMs)
  return daysLater === 0 ? today : new Date(Date.parse(today) + daysLater * dayMs).toISOString().slice(0, 10)
}
