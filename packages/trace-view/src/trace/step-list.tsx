import type { Actor, Flow, TraceStep } from '@entra-agents/trace'
import { useComputed } from '@preact/signals'
import { Component, type RefObject } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { useGrowingCount } from '../browser/growing-count.ts'
import { useNow } from '../browser/now.ts'
import { Icon } from '../controls/icon.tsx'
import { TokenMark } from '../identity/token-mark.tsx'
import { flowWords } from '../words/flows.ts'
import type { Names } from '../words/names.ts'
import { problemKind } from '../words/problem-kinds.ts'
import { count, formatClock, formatDuration } from '../words/times.ts'
import { EntraLink, type LogLinks } from './log-links.tsx'
import { type Hop, isRow, type MessageHop, rowsOfSequence, titleOfHop, withMessages } from './sequence.ts'
import { HopView, LaneHeads, LaneLines } from './sequence-picture.tsx'
import { StepDetails } from './step-details.tsx'
import { tellStep, tellTool } from './step-words.ts'
import { StepsBar, TimeAxis } from './steps-bar.tsx'
import { ScaleContext, TimeBar } from './time-bar.tsx'
import { elapsedMs, lanesOf, type Row, type Timeline } from './timeline.ts'
import type { TokenContext } from './token-card.tsx'
import type { TraceView } from './trace-view.ts'
import { carriedTokenRole } from './traced-answer.ts'
import { hasFailed, lastTokenRequest, type TurnFacts } from './turn-facts.ts'
import { tellUnseenHops } from './write-formula.ts'
import './step-list.css'

interface StepListProps {
  readonly timeline: Timeline
  readonly facts: TurnFacts
  readonly isAnswered: boolean
  readonly view: TraceView
  readonly context: TokenContext
  readonly links: LogLinks
  readonly onHelp: () => void
}

/** The steps as bars on a scale of time, or as arrows between lanes; details open in place. Give each view its own `key`. */
export function StepList({ timeline, facts, isAnswered, view, context, links, onHelp }: StepListProps) {
  const { steps, flow, running, asked, isTokenAsked } = facts
  const { names } = context
  const isSequence = view.view.value === 'sequence'
  const lanes = lanesOf(steps, names.actors)
  const stepsById = useMemo(() => new Map(steps.map(step => [step.id, step])), [steps])
  const originOf = (step: TraceStep) =>
    step.status === 'not-observable' ? stepsById.get(step.parentId ?? '') : step
  const list = useRef<HTMLOListElement>(null)
  const rowsShown = isSequence
    ? rowsOfSequence(timeline.rows, row => view.isOpen(row))
    : rowsOfList(timeline.rows, view, flow, names)
  const shown = isSequence ? withMessages(rowsShown, isAnswered) : rowsShown
  const hops = shown.slice(0, useGrowingCount(shown.length))
  const rows = hops.filter(isRow)
  const current = rows.find(({ number }) => number === view.current.value) ?? rows[0]
  const now = useNow(100, running)
  const elapsed = useComputed(() => elapsedMs(timeline, now.value + context.clockAheadMs))
  // The scale is doubled when it gets too short, so that the bars do not move all the time.
  const growing = useComputed(() => 2 ** Math.ceil(Math.log2(elapsed.value)))
  const scaleMs = isSequence ? 0 : running ? growing.value : timeline.lengthMs
  // Unfinished steps with this status may still end; all other unfinished steps are drawn as stopped.
  const openStatus = running ? 'running' : asked?.isOpen ? 'waiting' : undefined
  useSought(view, timeline.rows, list)
  return (
    <section
      class="card steps-card"
      aria-label={isSequence ? 'Sequence' : 'Steps'}
      data-view={view.view.value}
      onKeyDown={event => {
        if (actOnKey(event, { rows: timeline.rows, view, onHelp })) event.preventDefault()
      }}
    >
      <StepsBar
        rows={timeline.rows}
        elapsed={running ? elapsed : undefined}
        view={view}
        failure={summariseFailures(timeline.rows, flow, names)}
      />
      {isSequence ? <LaneHeads lanes={lanes} names={names} /> : <TimeAxis scaleMs={scaleMs} />}
      <div class="hops">
        {isSequence && <LaneLines lanes={lanes} />}
        <ScaleContext.Provider value={scaleMs}>
          <ol class="steps" ref={list} aria-label="Steps">
            {hops.map((hop, index) =>
              isRow(hop) ? (
                <StepItem
                  key={hop.id}
                  {...hop}
                  lanes={isSequence ? lanes.join() : undefined}
                  unseen={unseenEdge(hops, index)}
                  isOpen={view.isOpen(hop)}
                  isCurrent={hop === current}
                  running={hop.step.status === openStatus}
                  origin={originOf(hop.step)}
                  flow={flow}
                  view={view}
                  links={links}
                  {...context}
                />
              ) : (
                <MessageItem key={hop.id} lanes={lanes} message={hop} names={names} />
              ),
            )}
          </ol>
        </ScaleContext.Provider>
        {rows.length === 0 && <p class="note no-steps">No step matches.</p>}
      </div>
      {isSequence && isTokenAsked && (
        <p class="legend fine">
          <i class="dashes" aria-hidden="true" />
          {tellUnseenHops(facts)} <EntraLink links={links} request={lastTokenRequest(facts)} />
        </p>
      )}
    </section>
  )
}

/** All rows that are not folded away or, during a search, all rows that match, folded or not. */
function rowsOfList(rows: readonly Row[], view: TraceView, flow: Flow, names: Names): readonly Row[] {
  const query = view.query.value.trim().toLowerCase()
  const failedOnly = view.failedOnly.value
  if (query === '' && !failedOnly) {
    const open = new Set(rows.filter(row => row.size > 0 && view.isOpen(row)).map(({ id }) => id))
    return rows.filter(({ parent }) => parent === undefined || open.has(parent))
  }
  return rows.filter(row => {
    const { title, where } = tellStep(row.step, flow, names)
    return (!failedOnly || isFailed(row, rows)) && `${title} ${where}`.toLowerCase().includes(query)
  })
}

/** The first failure in words, and the number of failures; a tool that failed because its call failed is not counted again. */
function summariseFailures(rows: readonly Row[], flow: Flow, names: Names) {
  const failed = rows.filter(row => isFailed(row, rows) && row.size === 0)
  const [first] = failed
  if (!first) return undefined
  const owner = rows.find(({ id }) => id === first.parent) ?? first
  const { tool } = owner.step
  const title = tool ? tellTool(tool) : tellStep(owner.step, flow, names).title
  const status = first.step.response?.status
  return {
    row: first,
    count: failed.length,
    words: status === undefined ? title : `${title}, ${status}`,
    isBad: failed.some(({ step }) => (problemKindOf(step) ?? 'failed') === 'failed'),
  }
}

/** A step whose API demanded a consent or step-up counts as failed unless the turn waits for the user, or the user complied. */
function isFailed({ step, parent }: Row, rows: readonly Row[]): boolean {
  if (!hasFailed(step) || problemKindOf(step) !== 'wait') return hasFailed(step)
  const tool = rows.find(({ id }) => id === parent)
  if (tool) return hasFailed(tool.step)
  return !rows.some(({ step: { kind, status } }) => kind === 'consent' || status === 'waiting')
}

function problemKindOf({ problem }: TraceStep) {
  return problem && problemKind(problem)
}

/** Whether a row is the first or last of adjacent rows whose hops nobody saw: they share a frame. */
function unseenEdge(hops: readonly Hop[], index: number): string | undefined {
  const isUnseen = (hop: Hop | undefined) =>
    hop !== undefined && isRow(hop) && hop.step.status === 'not-observable' && hop.step.kind !== 'consent'
  if (!isUnseen(hops[index])) return undefined
  return `${isUnseen(hops[index - 1]) ? '' : 'first'} ${isUnseen(hops[index + 1]) ? '' : 'last'}`
}

/** Shows the step that a link or a sentence points to, as soon as the step has come. */
function useSought(view: TraceView, rows: readonly Row[], list: RefObject<HTMLOListElement | null>): void {
  const sought = view.sought.value
  const row = rows.find(({ number }) => number === sought)
  useEffect(() => {
    if (!row) return
    view.query.value = ''
    view.failedOnly.value = false
    view.open(row, rows)
    view.current.value = row.number
    const button = list.current?.querySelector<HTMLElement>(`#step-${row.number}`)
    if (!button) return
    view.sought.value = undefined
    button.focus({ preventScroll: true })
    button.scrollIntoView({ block: 'start' })
  })
}

/** What a keyboard shortcut of the step list acts on. */
interface ShortcutContext {
  readonly target: HTMLElement
  readonly rows: readonly Row[]
  readonly view: TraceView
  readonly onHelp: () => void
}

const keyActions: ReadonlyMap<string, (on: ShortcutContext) => void> = new Map([
  ['?', ({ onHelp }) => onHelp()],
  ['[', ({ view, rows }) => view.setAll(rows, false)],
  [']', ({ view, rows }) => view.setAll(rows, true)],
  ['f', ({ view }) => view.toggleFailedOnly()],
  ['/', ({ target }) => target.closest('.steps-card')?.querySelector<HTMLElement>('[type=search]')?.focus()],
])

/** Handles a key; returns `false` for a key that is no shortcut or is typed into a field. */
function actOnKey(
  { key, target, ctrlKey, metaKey, altKey }: KeyboardEvent,
  on: Omit<ShortcutContext, 'target'>,
): boolean {
  if (ctrlKey || metaKey || altKey || !(target instanceof HTMLElement) || target.matches('input'))
    return false
  const act = keyActions.get(key)
  act?.({ ...on, target })
  return act !== undefined || (target.matches('.step') && moveFocus(key, target))
}

const focusMoves: ReadonlyMap<string, (rows: readonly HTMLElement[], at: number) => HTMLElement | undefined> =
  new Map([
    ['ArrowDown', (rows, at) => rows[at + 1]],
    ['j', (rows, at) => rows[at + 1]],
    ['ArrowUp', (rows, at) => rows[at - 1]],
    ['k', (rows, at) => rows[at - 1]],
    ['Home', rows => rows[0]],
    ['End', rows => rows.at(-1)],
  ])

function moveFocus(key: string, from: HTMLElement): boolean {
  const move = focusMoves.get(key)
  const rows = [...(from.closest('.steps')?.querySelectorAll<HTMLElement>('.step') ?? [])]
  move?.(rows, rows.indexOf(from))?.focus()
  return move !== undefined
}

/** The status to draw. A consent is `not-observable`, but drawn as `ok`: no hops are hidden behind it. */
function drawnStatus(step: TraceStep, running: boolean): string {
  const { status, kind } = step
  if (kind === 'consent') return 'ok'
  if (status === 'failed' && !hasFailed(step)) return 'stopped'
  return (status === 'running' || status === 'waiting') && !running ? 'stopped' : status
}

interface StepItemProps extends Row, TokenContext {
  readonly flow: Flow
  /** The lanes of the sequence, joined by commas; `undefined` in the view with bars. */
  readonly lanes: string | undefined
  /** For a step that nobody saw: whether it is the first or the last of adjacent unseen steps. */
  readonly unseen: string | undefined
  readonly isOpen: boolean
  readonly isCurrent: boolean
  /** Whether the step has not ended and its turn goes on or waits. */
  readonly running: boolean
  /** The step with the ids of this hop. */
  readonly origin: TraceStep | undefined
  readonly view: TraceView
  readonly links: LogLinks
}

/** One row. Rendered again only if its props have changed, since a trace may have thousands of rows. */
class StepItem extends Component<StepItemProps> {
  override shouldComponentUpdate(next: StepItemProps): boolean {
    const keys = Object.keys(next) as (keyof StepItemProps)[]
    return keys.some(key => next[key] !== this.props[key])
  }

  override render(props: StepItemProps) {
    const { step, origin, number, size, parent, isOpen, isCurrent, view, links, running, lanes } = props
    const id = `step-${number > 0 ? number : props.id}`
    const hasDetails = isOpen && size === 0
    return (
      <li
        class="step-item"
        data-status={drawnStatus(step, running)}
        data-problem={problemKindOf(step)}
        data-depth={parent === undefined ? 0 : 1}
        data-token-step={carriedTokenRole(step)}
      >
        <button
          type="button"
          class={lanes === undefined ? 'step' : 'step hop'}
          id={id}
          tabIndex={isCurrent ? 0 : -1}
          aria-expanded={isOpen}
          aria-controls={hasDetails ? `${id}-details` : undefined}
          onFocus={() => {
            if (number > 0) view.current.value = number
          }}
          onClick={() => view.toggle(props)}
        >
          {lanes === undefined ? <StepRow {...props} /> : <HopRow {...props} lanes={lanes} />}
        </button>
        {hasDetails && (
          <div class="step-more stack" id={`${id}-details`}>
            <StepDetails step={step} origin={origin} links={links} onToken={card => view.showToken(card)} />
          </div>
        )}
      </li>
    )
  }
}

/** A step as a line of the list: what, where, with which token, when and how long. */
function StepRow(props: StepItemProps) {
  const { step, offsetMs, durationMs } = props
  const { title, where } = tellRow(props)
  const token = props.times > 1 ? 'TR' : carriedTokenRole(step)
  return (
    <>
      <span class="step-name">
        <Icon name="chevron" />
        <span class="step-title" dir="auto">
          {title}
        </span>
        <span class="step-where fine">{where}</span>
      </span>
      <span class="step-token">{token && <TokenMark token={token} />}</span>
      <TimeBar offsetMs={offsetMs} durationMs={durationMs} isRunning={step.status === 'running'} />
      <span class="step-time fine">
        {tellTime(props)}
        {step.status === 'waiting' && props.running && <WaitingTime {...props} />}
      </span>
    </>
  )
}

/** How long a step has waited, by the agent's clock. */
function WaitingTime({ step, clockAheadMs }: Pick<StepItemProps, 'step' | 'clockAheadMs'>) {
  const now = useNow(1_000)
  const sinceMs = Date.parse(step.startedAt ?? '') + (step.durationMs ?? 0)
  const seconds = Math.round((now.value + clockAheadMs - sinceMs) / 1000)
  return seconds >= 0 ? <> {formatClock(seconds)}</> : null
}

interface MessageItemProps {
  readonly lanes: readonly Actor[]
  readonly message: MessageHop
  readonly names: Names
}

/** An arrow that is no step and has no details to open. */
function MessageItem({ lanes, message, names }: MessageItemProps) {
  const { answers } = message
  return (
    <li class="step-item" data-status={answers?.status} data-problem={answers && problemKindOf(answers)}>
      <div class="hop">
        <HopView lanes={lanes} names={names} hop={message} />
      </div>
    </li>
  )
}

/** A step as an arrow between lanes. */
function HopRow({ lanes, unseen, ...row }: StepItemProps & { readonly lanes: string }) {
  const { step, names, flow } = row
  const issued = step.token?.role ?? 'TR'
  const shown = { T1: 'Credential', T2: 'T1', Tc: '', TR: flowWords[flow].terms.join(' and ') }[issued]
  const hop = {
    from: step.from,
    to: step.to,
    title: titleOfHop(step, tellRow(row).title, row.number === 1),
    time: tellTime(row),
    token: carriedTokenRole(step),
    isUnseen: step.status === 'not-observable',
    isCheck: step.kind === 'validation',
    exchange: unseen === undefined ? undefined : { shown, issued, edge: unseen },
  }
  return <HopView lanes={lanes.split(',')} names={names} hop={hop} />
}

type RowProps = Omit<StepItemProps, 'lanes' | 'unseen'>

/** Title and place of a row; for a row with rows below it, also their number and the outcome. */
function tellRow({ step, flow, names, size, times, call }: RowProps) {
  const { title, where } = tellStep(step, flow, names)
  if (times > 1)
    return { title: `${title} × ${times}`, where: `${where.split(' · ')[0]} · the same TR each time` }
  if (size === 0) return { title, where }
  const failure = step.problem && problemKindOf(step) === 'neutral' ? step.problem.detail : undefined
  const answer = call?.response && `${names.actor(call.to)} ${call.response.status}`
  const facts = [where, count(size, 'step'), failure ?? answer]
  return { title, where: facts.filter(fact => fact !== undefined).join(' · ') }
}

function tellTime({ step, durationMs, running, times, waitedMs }: RowProps): string {
  const { status, problem, response } = step
  if (waitedMs !== undefined) return `after ${formatClock(Math.round(waitedMs / 1000))}`
  const duration = durationMs === undefined ? undefined : formatDuration(durationMs)
  switch (status) {
    case 'ok':
      return times > 1 ? `≤ ${duration} each` : (duration ?? '')
    case 'failed':
      if (!hasFailed(step)) return 'denied'
      return [response?.status ?? problem?.upstream?.status ?? 'failed', duration].filter(Boolean).join(' · ')
    case 'running':
      return running ? 'running' : 'not finished'
    case 'waiting':
      return running ? 'waiting' : 'not sent'
    case 'not-observable':
      return 'not seen'
  }
}
