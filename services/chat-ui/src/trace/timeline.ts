import type { Actor, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { apisCalledWith, tokenKey, tokensOf } from './traced-answer.ts'

/** A step at its place in the trace. */
export interface Row {
  readonly step: TraceStep
  /** From 1, in the order in which the rows are shown. */
  readonly number: number
  readonly depth: number
  /** From the start of the trace; `undefined` where nobody saw the step. */
  readonly offsetMs: number | undefined
  /** The row that has shown the same token before. */
  readonly tokenShownIn: number | undefined
  /** The APIs that the step's token was called with, joined by commas: rows are compared by their values. */
  readonly calledApis: string
  /** It ran while the step before it on its level did. */
  readonly parallel: boolean
}

export interface Timeline {
  readonly rows: readonly Row[]
  readonly spanMs: number
}

/** How far two steps must overlap to have run side by side, since `startedAt` is whole milliseconds. */
const overlapMs = 1

/** The steps under their parents, each level in the order in which the steps started, on one scale of time. */
export function layOut(steps: readonly TraceStep[]): Timeline {
  const begin = Math.min(...steps.flatMap(step => startMs(step) ?? []))
  const tokenRows = new Map<string, number>()
  const calledApis = new Map(
    tokensOf(steps).map(token => [tokenKey(token), apisCalledWith(token, steps).join()]),
  )
  const rows = flatten(groupByParent(steps), undefined, 0).map((place, index): Row => {
    const number = index + 1
    const start = startMs(place.step)
    const key = place.step.token ? tokenKey(place.step.token) : ''
    const tokenShownIn = tokenRows.get(key)
    if (key !== '' && tokenShownIn === undefined) tokenRows.set(key, number)
    return {
      ...place,
      number,
      tokenShownIn,
      calledApis: calledApis.get(key) ?? '',
      offsetMs: start === undefined ? undefined : start - begin,
    }
  })
  const ends = rows.map(({ offsetMs = 0, step: { durationMs = 0 } }) => offsetMs + durationMs)
  return { rows, spanMs: Math.max(1, ...ends) }
}

type Place = Pick<Row, 'step' | 'depth' | 'parallel'>

function flatten(
  children: Map<string | undefined, TraceStep[]>,
  parent: string | undefined,
  depth: number,
): Place[] {
  let busyUntil = Number.NEGATIVE_INFINITY
  return (children.get(parent) ?? []).flatMap(step => {
    const start = startMs(step) ?? Number.NaN
    const parallel = busyUntil - start > overlapMs
    if (step.durationMs !== undefined) busyUntil = Math.max(busyUntil, start + step.durationMs)
    return [{ step, depth, parallel }, ...flatten(children, step.id, depth + 1)]
  })
}

/** A step whose parent is unknown, or would be its own ancestor, stands at the top. */
function groupByParent(steps: readonly TraceStep[]): Map<string | undefined, TraceStep[]> {
  const earlier = new Set<string>()
  const children = new Map<string | undefined, TraceStep[]>()
  for (const step of steps) {
    const parent = step.parentId !== undefined && earlier.has(step.parentId) ? step.parentId : undefined
    const siblings = children.get(parent)
    if (siblings) siblings.push(step)
    else children.set(parent, [step])
    earlier.add(step.id)
  }
  return children
}

/** When a step began. A hop that nobody saw has no time, whatever it says. */
function startMs({ startedAt, status }: TraceStep): number | undefined {
  if (status === 'not-observable') return undefined
  const start = Date.parse(startedAt ?? '')
  return Number.isNaN(start) ? undefined : start
}

/** The actors of the trace in the order of their lanes. User and agent are always there: that nothing leads to the user tells something. */
export function lanesOf(steps: readonly TraceStep[], known: readonly Actor[]): Actor[] {
  const acting = new Set(['user', 'agent', ...steps.flatMap(({ from, to }) => [from, to])])
  return [...known.filter(actor => acting.has(actor)), ...[...acting].filter(actor => !known.includes(actor))]
}
