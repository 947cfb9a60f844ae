import type { Moment, Span } from './turn-clock.ts'

/** The scale of all bars: the turn's own clock, with a gap of fixed width for each wait for the user. */
export interface TimeScale {
  readonly lengthMs: number
  readonly waits: readonly Moment[]
}

/** The width of a wait in percent, however long it was: to scale, a minute beside milliseconds would leave no picture. */
export function waitWidth({ waits }: TimeScale): number {
  return Math.min(16, 60 / Math.max(1, waits.length))
}

/** Where a moment is on the scale, in percent. */
function placeOf({ ms, waits: before }: Moment, scale: TimeScale): number {
  const width = waitWidth(scale)
  const share = Math.min(1, Math.max(0, ms / scale.lengthMs))
  return share * (100 - width * scale.waits.length) + width * before
}

export interface Extent {
  readonly start: number
  readonly width: number
}

/** The least width of a bar in percent, for steps that took next to no time. */
const leastWidth = 1.2

/** Where the bar of a span is, in percent; one that goes on ends with the scale. */
export function barOf({ begin, end }: Span, isRunning: boolean, scale: TimeScale): Extent {
  const start = Math.min(placeOf(begin, scale), 100 - leastWidth)
  const stop = isRunning ? 100 : end ? placeOf(end, scale) : start
  return { start, width: Math.max(leastWidth, stop - start) }
}

/** Where a wait is, by the moment at which it begins. */
export function gapOf(wait: Moment, scale: TimeScale): Extent {
  return { start: placeOf(wait, scale), width: waitWidth(scale) }
}

/** The marks of the scale before its end, in percent: the ends of the waits, or round times. Marks that would touch are left out. */
export function marksOn(scale: TimeScale) {
  const moments = scale.waits.length > 0 ? endsOfWaits(scale) : roundTimes(scale.lengthMs)
  const marks: { readonly ms: number; readonly at: number }[] = []
  for (const { ms, waits } of moments) {
    const at = placeOf({ ms, waits }, scale)
    const last = marks.at(-1)
    if (at <= 80 && (!last || (at - last.at >= 12 && ms > last.ms))) marks.push({ ms, at })
  }
  return marks
}

function endsOfWaits({ waits }: TimeScale): readonly Moment[] {
  return [{ ms: 0, waits: 0 }, ...waits.map(({ ms }, index) => ({ ms, waits: index + 1 }))]
}

/** Round marks on a scale of time, at most four: 0, 0.5 s, 1 s. They leave room for the end of the scale. */
function roundTimes(lengthMs: number): readonly Moment[] {
  const rough = lengthMs / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const stepMs = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough) ?? rough
  const times = Array.from({ length: Math.floor(lengthMs / stepMs) + 1 }, (_, index) => index * stepMs)
  return times.filter(ms => ms <= lengthMs * 0.65).map(ms => ({ ms, waits: 0 }))
}
