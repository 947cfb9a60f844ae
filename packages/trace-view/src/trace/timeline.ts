import type { Actor, TraceStep } from '@entra-agents/trace'

/** A step at its place in the trace, or several steps that asked for the same token. */
export interface Row {
  /** The id of the row's step; an id of its own if the row stands for several steps. */
  readonly id: string
  /** The step; the first one if several asked for the same token. */
  readonly step: TraceStep
  /** The number of the step, from 1, in the order of the trace; 0 if the row stands for several steps. */
  readonly number: number
  /** The id of the row under which this row lies. This row is shown only while its parent is open. */
  readonly parent: string | undefined
  /** The number of steps under this row. */
  readonly size: number
  /** How many times the same token was requested. */
  readonly times: number
  /** The call of an API that a tool made, the last one if there are several. */
  readonly call: TraceStep | undefined
  readonly isOpenAtFirst: boolean
  /** How long after the first step this step began, without waits for the user; `undefined` if nobody saw this step. */
  readonly offsetMs: number | undefined
  readonly durationMs: number | undefined
  /** The wait for the user that this step ended. It is no part of the turn's time. */
  readonly waitedMs?: number
}

export interface Timeline {
  readonly rows: readonly Row[]
  readonly lengthMs: number
  /** When the first step began, in milliseconds since 1970, and how long the turn has waited since. */
  readonly beginMs: number
  readonly waitedMs: number
}

/** How long a running turn has taken so far, without its waits. */
export function elapsedMs({ lengthMs, beginMs, waitedMs }: Timeline, nowMs: number): number {
  return Number.isFinite(beginMs) ? Math.max(lengthMs, nowMs - beginMs - waitedMs) : lengthMs
}

/**
 * The steps in the order in which they started, all on one scale of time. A tool's steps lie under its call.
 *
 * @param totalMs the time of the whole turn without its waits; it is longer than the time of the steps
 */
export function toTimeline(given: readonly TraceStep[], totalMs = 0): Timeline {
  const steps = putSignInsUnderTools(given)
  const waits = findWaits(steps)
  const begin = Math.min(...steps.flatMap(step => startMs(step) ?? []))
  const children = groupByParent(steps)
  const top = children.get(undefined) ?? []
  const tools = top.filter(step => step.kind === 'tool')
  const repeated = findSharedTokens(tools, children)
  const rows: Row[] = []
  let number = 0
  const offsetOf = (step: TraceStep) => {
    const start = startMs(step)
    return start === undefined ? undefined : start - begin - waitedMsBefore(start, waits)
  }
  /** A tool that goes on after a wait is reported with a new start: it began, at the latest, with the first step below it. */
  const spanWith = (step: TraceStep, below: readonly TraceStep[]) => {
    const { durationMs } = step
    const own = offsetOf(step)
    if (own === undefined) return {}
    const offsetMs = Math.min(own, ...below.flatMap(other => offsetOf(other) ?? []))
    return { offsetMs, durationMs: durationMs === undefined ? undefined : durationMs + own - offsetMs }
  }
  const add = (step: TraceStep, more: Partial<Row> = {}) => {
    number += more.times === undefined ? 1 : 0
    const wait = waits.find(({ step: end }) => end === step)
    rows.push({
      id: step.id,
      step,
      number: more.times === undefined ? number : 0,
      parent: undefined,
      size: 0,
      times: 1,
      call: undefined,
      isOpenAtFirst: false,
      offsetMs: offsetOf(step),
      durationMs: step.durationMs,
      ...(wait && { waitedMs: wait.toMs - wait.fromMs }),
      ...more,
    })
  }
  for (const step of top) {
    const group = repeated.get(step.id)
    if (group?.first === step.id) {
      const id = `same-${group.fingerprint}`
      const asked = group.members.filter(
        ({ kind, parentId }) => kind === 'token-request' && group.tools.has(parentId),
      )
      const [request = step] = asked
      const durationMs = Math.max(...asked.map(({ durationMs = 0 }) => durationMs))
      add(request, { id, times: asked.length, size: group.members.length, durationMs })
      for (const member of group.members) add(member, { parent: id })
    }
    const below = descendants(step, children)
    if (step.kind !== 'tool') {
      for (const member of [step, ...below]) add(member)
      continue
    }
    const own = below.filter(({ id }) => !group?.ids.has(id))
    const call = own.findLast(({ kind }) => kind === 'api-call')
    add(step, { ...spanWith(step, below), size: own.length, call, isOpenAtFirst: tools.length === 1 })
    for (const member of own) add(member, { parent: step.id })
  }
  const ends = rows.map(({ offsetMs = 0, durationMs = 0 }) => offsetMs + durationMs)
  const lengthMs = Math.max(1, totalMs, ...ends)
  return { rows, lengthMs, beginMs: begin, waitedMs: waitedMsBefore(Number.POSITIVE_INFINITY, waits) }
}

/** A time in which the turn waited for its user. */
interface Wait {
  readonly fromMs: number
  readonly toMs: number
  /** The step with which the user ended the wait. */
  readonly step: TraceStep
}

function isSignIn({ kind }: TraceStep): boolean {
  return kind === 'sign-in'
}

/**
 * A continued turn gets its user's token again, in another sign-in step. That step goes under the tool that waited, where the
 * next steps are too. The first sign-in step, which comes with the question, stays at the top.
 */
function putSignInsUnderTools(steps: readonly TraceStep[]): readonly TraceStep[] {
  const first = steps.findIndex(isSignIn)
  const places = new Map(steps.map(({ id }, index) => [id, index]))
  return steps.map((step, index) => {
    if (!isSignIn(step) || index === first || step.parentId !== undefined) return step
    const after = steps.slice(index + 1)
    const next = after.findIndex(isSignIn)
    const within = after.slice(0, next < 0 ? undefined : next).flatMap(({ parentId }) => parentId ?? [])
    const parentId = within.find(id => (places.get(id) ?? index) < index)
    return parentId === undefined ? step : { ...step, parentId }
  })
}

/** The waits for the user: each begins when all earlier steps have ended, and ends when the user's token arrives again. */
function findWaits(steps: readonly TraceStep[]): Wait[] {
  const returns = steps.filter(isSignIn).slice(1)
  return returns.flatMap(step => {
    const toMs = startMs(step)
    if (toMs === undefined) return []
    const ends = steps.flatMap(other => {
      const start = startMs(other)
      return start === undefined || start >= toMs ? [] : [Math.min(toMs, start + (other.durationMs ?? 0))]
    })
    if (ends.length === 0) return []
    const decision = steps[steps.indexOf(step) + 1]
    const isDecision = decision?.kind === 'approval' || decision?.kind === 'consent'
    return [{ fromMs: Math.max(...ends), toMs, step: isDecision ? decision : step }]
  })
}

function waitedMsBefore(ms: number, waits: readonly Wait[]): number {
  return waits.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(ms, toMs) - fromMs), 0)
}

type StepsByParent = ReadonlyMap<string | undefined, readonly TraceStep[]>

function descendants({ id }: TraceStep, children: StepsByParent): TraceStep[] {
  return (children.get(id) ?? []).flatMap(step => [step, ...descendants(step, children)])
}

/** The steps with which several tools got the same TR, shown once. */
interface SharedToken {
  readonly fingerprint: string
  /** The id of the tool step before which these steps are shown. */
  readonly first: string
  readonly tools: ReadonlySet<string | undefined>
  readonly members: readonly TraceStep[]
  readonly ids: ReadonlySet<string>
}

/** Maps the id of each tool step whose TR other tools got, too, to the steps with which they all got it. */
function findSharedTokens(tools: readonly TraceStep[], children: StepsByParent): Map<string, SharedToken> {
  const byToken = Map.groupBy(tools, ({ id }) => {
    const own = children.get(id) ?? []
    return own.find(({ kind }) => kind === 'token')?.token?.fingerprint
  })
  const repeated = new Map<string, SharedToken>()
  for (const [fingerprint, sharing] of byToken) {
    if (fingerprint === undefined || sharing.length < 2) continue
    const members = sharing.flatMap(tool => stepsToToken(tool, children))
    const group = {
      fingerprint,
      first: sharing[0]?.id ?? '',
      tools: new Set(sharing.map(({ id }) => id)),
      members,
      ids: new Set(members.map(({ id }) => id)),
    }
    for (const { id } of sharing) repeated.set(id, group)
  }
  return repeated
}

function stepsToToken({ id }: TraceStep, children: StepsByParent): TraceStep[] {
  return (children.get(id) ?? [])
    .filter(({ kind }) => kind === 'token-request' || kind === 'token')
    .flatMap(step => [step, ...descendants(step, children)])
}

/** The steps by their parents. A step whose parent is unknown or would make a cycle is at the top. */
function groupByParent(steps: readonly TraceStep[]): Map<string | undefined, TraceStep[]> {
  const earlier = new Set<string>()
  return Map.groupBy(steps, ({ id, parentId }) => {
    const parent = parentId !== undefined && earlier.has(parentId) ? parentId : undefined
    earlier.add(id)
    return parent
  })
}

/** When a step began; `undefined` for a hop that nobody saw, even if it names a time. */
function startMs({ startedAt, status }: TraceStep): number | undefined {
  if (status === 'not-observable') return undefined
  const start = Date.parse(startedAt ?? '')
  return Number.isNaN(start) ? undefined : start
}

/** The actors in the order of their lanes. User and agent always have a lane: the user's is empty if no user takes part. */
export function lanesOf(steps: readonly TraceStep[], known: readonly Actor[]): Actor[] {
  const acting = new Set(['user', 'agent', ...steps.flatMap(({ from, to }) => [from, to])])
  return [...known.filter(actor => acting.has(actor)), ...[...acting].filter(actor => !known.includes(actor))]
}

/** Round marks on a scale of time, at most four: 0, 0.5 s, 1 s. They leave room for the end of the scale. */
export function timeMarks(scaleMs: number): readonly number[] {
  const rough = scaleMs / 3.2
  const power = 10 ** Math.floor(Math.log10(rough))
  const stepMs = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough) ?? rough
  return Array.from({ length: Math.floor(scaleMs / stepMs) + 1 }, (_, index) => index * stepMs).filter(
    mark => mark <= scaleMs * 0.55,
  )
}
