import type { Actor, TraceStep } from '@entra-agents/trace'
import { type Moment, type Span, TurnClock } from './turn-clock.ts'

/** A step at its place in the trace, or several steps that asked for the same token. */
export interface Row {
  /** The id of the row's step; an id of its own if the row stands for several steps. */
  readonly id: string
  /** The step; the first one if several asked for the same token. */
  readonly step: TraceStep
  /** The request behind a hop that nobody saw, the call behind a check; of other steps the step itself. */
  readonly origin: TraceStep | undefined
  /** The number of the step, from 1, in the order of the trace; 0 if the row stands for several steps. */
  readonly number: number
  /** The id of the row under which this row lies. This row is shown only while its parent is open. */
  readonly parent: string | undefined
  /** How deep the step lies under others. */
  readonly depth: number
  /** The number of steps under this row. */
  readonly size: number
  /** How many times the same token was requested. */
  readonly times: number
  /** The hops for which the row stands, if nobody saw them. */
  readonly unseen: readonly TraceStep[]
  /** The call of an API that a tool made, the last one if there are several. */
  readonly call: TraceStep | undefined
  readonly isOpenAtFirst: boolean
  /** How long after the first step this step began, without waits for the user; `undefined` if nobody saw this step. */
  readonly offsetMs: number | undefined
  readonly durationMs: number | undefined
  readonly span: Span | undefined
  /** The number of the wait for the user that this step ended, from 0. */
  readonly wait: number | undefined
  /** The waits for the user meanwhile: the number of the first, and the number after the last. */
  readonly waits: readonly [first: number, end: number]
  /** How long the turn waited for its user meanwhile, which is no part of the turn's time. */
  readonly waitedMs: number
}

export interface Timeline {
  readonly rows: readonly Row[]
  readonly lengthMs: number
  /** When the first step began, in milliseconds since 1970, and how long the turn has waited since. */
  readonly beginMs: number
  readonly waitedMs: number
  /** When each wait was, on the turn's own clock. */
  readonly waits: readonly Moment[]
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
  const placed = putSignInsUnderTools(given)
  const clock = new TurnClock(placed)
  const waitOf = new Map(clock.waits.map(({ step }, index) => [step, index]))
  const stepsById = new Map(placed.map(step => [step.id, step]))
  const children = groupByParent(putDecisionsFirst(placed))
  const top = children.get(undefined) ?? []
  const tools = top.filter(step => step.kind === 'tool')
  const repeated = findSharedTokens(tools, children)
  const rows: Row[] = []
  let number = 0
  const add = (step: TraceStep, more: Partial<Row> = {}, steps: readonly TraceStep[] = [step]) => {
    const isOne = steps.length === 1
    number += isOne ? 1 : 0
    const span = clock.spanOf(steps)
    const wait = waitOf.get(step)
    const first = wait ?? span?.begin.waits ?? 0
    const waits = [first, wait === undefined ? (span?.end?.waits ?? first) : wait + 1] as const
    rows.push({
      id: step.id,
      step,
      origin: isPart(step) ? stepsById.get(step.parentId ?? '') : step,
      number: isOne ? number : 0,
      parent: undefined,
      depth: 0,
      size: 0,
      times: 1,
      unseen: [],
      call: undefined,
      isOpenAtFirst: false,
      offsetMs: span?.begin.ms,
      durationMs: step.durationMs,
      span,
      wait,
      waits,
      waitedMs: clock.waitedMs(...waits),
      ...more,
    })
  }
  /** Adds steps under a row. Hops that follow each other, and that nobody saw, get a row of their own. */
  const addUnder = (parent: string, members: readonly Nested[]) => {
    for (const run of runsOfUnseen(members)) {
      const [{ step, depth }] = run
      const [id, steps] = [`unseen-${step.id}`, run.map(member => member.step)]
      if (run.length > 1) add(step, { id, parent, depth, size: run.length, unseen: steps }, steps)
      const under = run.length > 1 ? { parent: id, depth: depth + 1 } : { parent, depth }
      for (const member of steps) add(member, under)
    }
  }
  for (const step of top) {
    const group = repeated.get(step.id)
    if (group?.first === step.id) {
      const id = `same-${group.fingerprint}`
      const members = group.members.map(member => member.step)
      const asked = members.filter(
        ({ kind, parentId }) => kind === 'token-request' && group.tools.has(parentId),
      )
      const [request = step] = asked
      const durationMs = Math.max(...asked.map(({ durationMs = 0 }) => durationMs))
      add(request, { id, times: asked.length, size: members.length, durationMs }, members)
      addUnder(id, group.members)
    }
    const below = descendants(step, children)
    if (step.kind !== 'tool') {
      add(step)
      for (const member of below) add(member.step, { depth: member.depth })
      continue
    }
    const own = below.filter(member => !group?.ids.has(member.step.id))
    const call = own.findLast(member => member.step.kind === 'api-call')?.step
    const { begin, end } = clock.spanOf([step]) ?? {}
    const durationMs = step.durationMs === undefined || !begin || !end ? step.durationMs : end.ms - begin.ms
    add(step, { durationMs, size: own.length, call, isOpenAtFirst: tools.length === 1 && own.length > 0 })
    addUnder(step.id, own)
  }
  const ends = rows.map(({ span, durationMs = 0 }) => span?.end?.ms ?? (span?.begin.ms ?? 0) + durationMs)
  return {
    rows,
    lengthMs: ends.reduce((most, end) => Math.max(most, end), Math.max(1, totalMs)),
    beginMs: clock.beginMs,
    waitedMs: clock.waitedMs(),
    waits: clock.waits.map(({ fromMs }) => clock.moment(fromMs)),
  }
}

function isPart({ status, kind }: TraceStep): boolean {
  return status === 'not-observable' || kind === 'validation'
}

/** A step and how deep it lies. */
interface Nested {
  readonly step: TraceStep
  readonly depth: number
}

/** The steps, those that nobody saw together with the ones that follow them under the same step. */
function runsOfUnseen(members: readonly Nested[]): [Nested, ...Nested[]][] {
  const runs: [Nested, ...Nested[]][] = []
  const isUnseen = ({ step }: Nested) => step.status === 'not-observable' && step.kind === 'token-request'
  for (const member of members) {
    const run = runs.at(-1)
    const isNext =
      run && isUnseen(run[0]) && isUnseen(member) && run[0].step.parentId === member.step.parentId
    if (isNext) run.push(member)
    else runs.push([member])
  }
  return runs
}

/** The user decides before the page sends the user's token again, but the agent tells of the token first. */
function putDecisionsFirst(steps: readonly TraceStep[]): readonly TraceStep[] {
  const isDecision = (step: TraceStep | undefined) => step?.kind === 'approval' || step?.kind === 'consent'
  return steps.map((step, index) => {
    const [before, after] = [steps[index - 1], steps[index + 1]]
    if (step.kind === 'sign-in' && after && isDecision(after)) return after
    return before?.kind === 'sign-in' && isDecision(step) ? before : step
  })
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

type StepsByParent = ReadonlyMap<string | undefined, readonly TraceStep[]>

function descendants({ id }: TraceStep, children: StepsByParent, depth = 1): Nested[] {
  return (children.get(id) ?? []).flatMap(step => [
    { step, depth },
    ...descendants(step, children, depth + 1),
  ])
}

/** The steps with which several tools got the same TR, shown once. */
interface SharedToken {
  readonly fingerprint: string
  /** The id of the tool step before which these steps are shown. */
  readonly first: string
  readonly tools: ReadonlySet<string | undefined>
  readonly members: readonly Nested[]
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
      ids: new Set(members.map(({ step }) => step.id)),
    }
    for (const { id } of sharing) repeated.set(id, group)
  }
  return repeated
}

function stepsToToken({ id }: TraceStep, children: StepsByParent): Nested[] {
  return (children.get(id) ?? [])
    .filter(({ kind }) => kind === 'token-request' || kind === 'token')
    .flatMap(step => [{ step, depth: 1 }, ...descendants(step, children, 2)])
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

/** The actors in the order of their lanes. User and agent always have a lane: the user's is empty if no user takes part. */
export function lanesOf(steps: readonly TraceStep[], known: readonly Actor[]): Actor[] {
  const acting = new Set(['user', 'agent', ...steps.flatMap(({ from, to }) => [from, to])])
  return [...known.filter(actor => acting.has(actor)), ...[...acting].filter(actor => !known.includes(actor))]
}
