import type { Actor, TraceStep } from '@entra-agents/trace'
import { type Span, TurnClock } from './turn-clock.ts'

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
  readonly durationMs: number | undefined
  /** When the step began and ended; `undefined` if nobody saw it. */
  readonly span: Span | undefined
  /** The number of the wait for the user that this step ended, from 0. */
  readonly wait: number | undefined
  /** The waits for the user meanwhile: the number of the first, and the number after the last. */
  readonly waits: readonly [first: number, end: number]
  /** How long the turn waited for its user meanwhile, which is no part of the turn's time. */
  readonly waitedMs: number
}

export type Timeline = ReturnType<typeof toTimeline>

/** How long a running turn has taken so far, without its waits. */
export function elapsedMs({ lengthMs, beginMs, waitedMs }: Timeline, nowMs: number): number {
  return Number.isFinite(beginMs) ? Math.max(lengthMs, nowMs - beginMs - waitedMs) : lengthMs
}

/**
 * The steps in the order in which they started, all on one scale of time. A tool's steps lie under its call.
 *
 * @param totalMs the time of the whole turn without its waits; it is longer than the time of the steps
 */
export function toTimeline(given: readonly TraceStep[], totalMs = 0) {
  const placed = putSignInsUnderTools(given)
  const clock = new TurnClock(placed)
  const waitOf = new Map(clock.waits.map(({ step }, index) => [step, index]))
  const stepsById = new Map(placed.map(step => [step.id, step]))
  const { children, depths } = nest(putDecisionsFirst(placed))
  const top = children.get(undefined) ?? []
  const tools = top.filter(step => step.kind === 'tool')
  const shared = findSharedTokens(tools, children)
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
      depth: depths.get(step) ?? 0,
      size: 0,
      times: 1,
      unseen: [],
      call: undefined,
      isOpenAtFirst: false,
      durationMs: step.durationMs,
      span,
      wait,
      waits,
      waitedMs: clock.waitedMs(...waits),
      ...more,
    })
  }
  /** Adds steps under a row. Hops that follow each other, and that nobody saw, get a row of their own. */
  const addUnder = (parent: string, members: readonly TraceStep[]) => {
    for (const run of runsOfUnseen(members)) {
      const [first] = run
      if (run.length === 1) add(first, { parent })
      else {
        const id = `unseen-${first.id}`
        add(first, { id, parent, size: run.length, unseen: run }, run)
        for (const step of run) add(step, { parent: id, depth: (depths.get(step) ?? 0) + 1 })
      }
    }
  }
  for (const step of top) {
    const group = shared.get(step)
    if (group?.first === step) {
      const { id, members, asked } = group
      const durationMs = Math.max(...asked.map(({ durationMs = 0 }) => durationMs))
      const more = { id, depth: 0, times: asked.length, size: members.size, durationMs }
      add(asked[0] ?? step, more, [...members])
      addUnder(id, [...members])
    }
    const own = descendants(step, children).filter(member => !group?.members.has(member))
    if (step.kind !== 'tool') {
      for (const member of [step, ...own]) add(member)
      continue
    }
    const call = own.findLast(({ kind }) => kind === 'api-call')
    const { begin, end } = clock.spanOf([step]) ?? {}
    const durationMs = step.durationMs === undefined || !begin || !end ? step.durationMs : end.ms - begin.ms
    add(step, { durationMs, size: own.length, call, isOpenAtFirst: tools.length === 1 && own.length > 0 })
    addUnder(step.id, own)
  }
  const ends = rows.map(({ span, durationMs = 0 }) => span?.end?.ms ?? (span?.begin.ms ?? 0) + durationMs)
  return {
    rows,
    lengthMs: ends.reduce((most, end) => Math.max(most, end), Math.max(1, totalMs)),
    /** When the first step began, in milliseconds since 1970, and how long the turn has waited since. */
    beginMs: clock.beginMs,
    waitedMs: clock.waitedMs(),
    /** When each wait was, on the turn's own clock. */
    waits: clock.waits.map(({ fromMs }) => clock.moment(fromMs)),
  }
}

function isPart({ status, kind }: TraceStep): boolean {
  return status === 'not-observable' || kind === 'validation'
}

/** The steps, those that nobody saw together with the ones that follow them under the same step. */
function runsOfUnseen(members: readonly TraceStep[]): [TraceStep, ...TraceStep[]][] {
  const runs: [TraceStep, ...TraceStep[]][] = []
  const isUnseen = ({ status, kind }: TraceStep) => status === 'not-observable' && kind === 'token-request'
  for (const member of members) {
    const run = runs.at(-1)
    if (run && isUnseen(run[0]) && isUnseen(member) && run[0].parentId === member.parentId) run.push(member)
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

/** The steps by their parents, and how deep each lies. A step whose parent is unknown or would make a cycle is at the top. */
function nest(steps: readonly TraceStep[]) {
  const depthsById = new Map<string | undefined, number>([[undefined, -1]])
  const depths = new Map<TraceStep, number>()
  const children = Map.groupBy(steps, step => {
    const parent = depthsById.has(step.parentId) ? step.parentId : undefined
    const depth = (depthsById.get(parent) ?? 0) + 1
    depthsById.set(step.id, depth)
    depths.set(step, depth)
    return parent
  })
  return { children, depths }
}

/** All steps below a step, each before those below it. Not recursive: a chain of steps may be as long as the trace. */
function descendants({ id }: TraceStep, children: StepsByParent): readonly TraceStep[] {
  const found: TraceStep[] = []
  const next = [...(children.get(id) ?? [])].reverse()
  for (let step = next.pop(); step; step = next.pop()) {
    found.push(step)
    next.push(...(children.get(step.id) ?? []).toReversed())
  }
  return found
}

/** The steps with which several tools got the same TR, shown once, before the first of these tools. */
interface SharedToken {
  readonly id: string
  readonly first: TraceStep
  readonly members: ReadonlySet<TraceStep>
  /** The tools’ own requests among them. */
  readonly asked: readonly TraceStep[]
}

/** What tools share whose TR other tools got, too. */
function findSharedTokens(tools: readonly TraceStep[], children: StepsByParent) {
  const shared = new Map<TraceStep, SharedToken>()
  const stepsOf = ({ id }: TraceStep) => children.get(id) ?? []
  const byToken = Map.groupBy(
    tools,
    tool => stepsOf(tool).find(({ kind }) => kind === 'token')?.token?.fingerprint,
  )
  for (const [fingerprint, sharing] of byToken) {
    const [first, second] = sharing
    if (fingerprint === undefined || !first || !second) continue
    const asked = sharing.flatMap(stepsOf).filter(({ kind }) => kind === 'token-request')
    const own = sharing.flatMap(stepsOf).filter(({ kind }) => kind === 'token-request' || kind === 'token')
    const members = new Set(own.flatMap(step => [step, ...descendants(step, children)]))
    for (const tool of sharing) shared.set(tool, { id: `same-${fingerprint}`, first, members, asked })
  }
  return shared
}

/** The actors in the order of their lanes. User and agent always have a lane: the user's is empty if no user takes part. */
export function lanesOf(steps: readonly TraceStep[], known: readonly Actor[]): Actor[] {
  const acting = new Set(['user', 'agent', ...steps.flatMap(({ from, to }) => [from, to])])
  return [...known.filter(actor => acting.has(actor)), ...[...acting].filter(actor => !known.includes(actor))]
}
