const relativeFormat = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'long' })
const momentFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

/** A moment, for people: "25 Nov 2026, 14:05:00". */
export function formatMoment(moment: Date): string {
  return momentFormat.format(moment)
}

const clockFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' })

/** A moment of today, for people: "14:05:00". */
export function formatTime(moment: Date): string {
  return clockFormat.format(moment)
}

/** How far a moment is away: "in 58 minutes", "3 seconds ago". */
export function formatDistance(moment: Date, now: Date): string {
  const seconds = Math.round((moment.getTime() - now.getTime()) / 1000)
  const size = Math.abs(seconds)
  if (size < 90) return relativeFormat.format(seconds, 'second')
  if (size < 90 * 60) return relativeFormat.format(Math.round(seconds / 60), 'minute')
  if (size < 36 * 3600) return relativeFormat.format(Math.round(seconds / 3600), 'hour')
  return relativeFormat.format(Math.round(seconds / 86_400), 'day')
}

/** A duration: "0.4 ms", "12 ms", "3.2 s". */
export function formatDuration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** A duration in whole words, for screen readers: "31 milliseconds", "3.2 seconds". */
export function speakDuration(ms: number): string {
  return ms < 1000 ? count(Math.max(1, Math.round(ms)), 'millisecond') : `${(ms / 1000).toFixed(1)} seconds`
}

/** A count with its noun: "1 claim", "7 claims". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** A remaining time as a countdown shows it: "9:41". */
export function formatClock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`
}
