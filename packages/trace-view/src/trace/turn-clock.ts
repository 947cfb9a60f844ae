import type { TraceStep } from '@entra-agents/trace'

/** A time on the turn's own clock, which stands still while the turn waits for its user, and the number of waits before it. */
export interface Moment {
  readonly ms: number
  readonly waits: number
}

/** From the begin of a step, or of the first one under it, to the last end; without an end while there is none. */
export interface Span {
  readonly begin: Moment
  readonly end: Moment | undefined
}

/** When the steps of a turn began and ended, on the turn's own clock. */
export class TurnClock {
  /** When the first step began, in milliseconds since 1970. */
  readonly beginMs: number
  readonly waits: Waits
  readonly #bounds: ReadonlyMap<string, Bounds>

  constructor(steps: readonly TraceStep[]) {
    this.waits = findWaits(steps)
    this.#bounds = boundSteps(steps, this.waits)
    this.beginMs = [...this.#bounds.values()].reduce(
      (least, { fromMs }) => Math.min(least, fromMs),
      Number.POSITIVE_INFINITY,
    )
  }

  /** The span of steps; `undefined` if nobody saw any of them. */
  spanOf(steps: readonly TraceStep[]): Span | undefined {
    const bounds = steps.map(({ id }) => this.#bounds.get(id)).reduce(join, undefined)
    if (!bounds) return undefined
    const { fromMs, toMs } = bounds
    return { begin: this.moment(fromMs), end: toMs === undefined ? undefined : this.moment(toMs) }
  }

  /** @param ms milliseconds since 1970 */
  moment(ms: number): Moment {
    const ended = this.waits.filter(({ toMs }) => toMs <= ms)
    const begun = this.waits.find(({ fromMs, toMs }) => fromMs < ms && ms < toMs)
    const waitedMs = this.waitedMs(0, ended.length) + (begun ? ms - begun.fromMs : 0)
    return { ms: ms - this.beginMs - waitedMs, waits: ended.length }
  }

  /** How long the turn waited in these waits, by their numbers from 0. */
  waitedMs(first = 0, end = this.waits.length): number {
    return this.waits.slice(first, end).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
  }
}

interface Bounds {
  readonly fromMs: number
  readonly toMs: number | undefined
}

function join(one: Bounds | undefined, other: Bounds | undefined): Bounds | undefined {
  if (!one || !other) return one ?? other
  const toMs = Math.max(one.toMs ?? 0, other.toMs ?? 0)
  return { fromMs: Math.min(one.fromMs, other.fromMs), toMs: toMs || undefined }
}

/**
 * The bounds of each step and the steps under it. A tool that goes on after a wait is reported with a new start, and clocks are
 * read to the millisecond, so that a step may seem to begin after those under it. A user's decision began when the wait for it did.
 */
function boundSteps(steps: readonly TraceStep[], waits: Waits): ReadonlyMap<string, Bounds> {
  const waitedSince = new Map(waits.map(({ step, fromMs }) => [step, fromMs]))
  const bounds = new Map<string, Bounds>()
  // From the last to the first, since a step comes after the one that it lies under.
  for (const step of steps.toReversed()) {
    const fromMs = waitedSince.get(step) ?? startMs(step)
    if (fromMs === undefined) continue
    const { id, parentId = '', durationMs } = step
    const begunMs = startMs(step) ?? fromMs
    const own = { fromMs, toMs: durationMs === undefined ? undefined : begunMs + durationMs }
    const joined = join(own, bounds.get(id)) ?? own
    bounds.set(id, joined)
    // A token that was asked for ahead of a call is no part of the call's time.
    if (!step.ahead) bounds.set(parentId, join(bounds.get(parentId), joined) ?? joined)
  }
  bounds.delete('')
  return bounds
}

/** When a step began; `undefined` for a hop that nobody saw, even if it names a time. */
function startMs({ startedAt, status }: TraceStep): number | undefined {
  if (status === 'not-observable') return undefined
  const start = Date.parse(startedAt ?? '')
  return Number.isNaN(start) ? undefined : start
}

type Waits = ReturnType<typeof findWaits>

/** The waits for the user: each begins when all earlier steps have ended, and ends when the user's token arrives again. */
function findWaits(steps: readonly TraceStep[]) {
  const byStart = steps
    .map(step => ({ fromMs: startMs(step) ?? Number.NaN, durationMs: step.durationMs ?? 0 }))
    .filter(({ fromMs }) => !Number.isNaN(fromMs))
    .sort((one, other) => one.fromMs - other.fromMs)
  const returns = steps.filter(({ kind }) => kind === 'sign-in').slice(1)
  const next = new Map(steps.map((step, index) => [step, steps[index + 1]]))
  let earlier = 0
  let lastEnd = Number.NEGATIVE_INFINITY
  return returns.flatMap(step => {
    const toMs = startMs(step)
    if (toMs === undefined) return []
    for (let span = byStart[earlier]; span && span.fromMs < toMs; span = byStart[++earlier])
      lastEnd = Math.max(lastEnd, span.fromMs + span.durationMs)
    if (lastEnd === Number.NEGATIVE_INFINITY) return []
    const decision = next.get(step)
    const isDecision = decision?.kind === 'approval' || decision?.kind === 'consent'
    // The step with which the user ended the wait.
    const end = isDecision ? decision : step
    return [{ fromMs: Math.min(toMs, lastEnd), toMs, step: end }]
  })
}
