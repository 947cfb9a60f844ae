import type { Actor, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { Component, type RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useGrowingCount } from '../browser/growing-count.ts'
import { shortenIds } from '../words/names.ts'
import { formatDuration } from '../words/times.ts'
import { HopPicture, LaneHeads, LaneLines } from './sequence-picture.tsx'
import { StepDetails } from './step-details.tsx'
import { TimeBar } from './time-bar.tsx'
import type { Row, Timeline } from './timeline.ts'
import { TokenBadge } from './token-badge.tsx'
import { TokenCardView, type TokenContext } from './token-card.tsx'
import type { TraceView } from './trace-view.ts'
import { carriedToken } from './traced-answer.ts'

interface StepListProps {
  readonly timeline: Timeline
  readonly lanes: readonly Actor[]
  /** The turn goes on, so a step that has not ended may still do so. */
  readonly running: boolean
  readonly view: TraceView
  readonly context: TokenContext
  readonly onHelp: () => void
}

/** The steps in one of two views: arrows between lanes, or bars on a scale of time. Details open in place. */
export function StepList({ timeline, lanes, running, view, context, onHelp }: StepListProps) {
  const list = useRef<HTMLOListElement>(null)
  const rows = timeline.rows.slice(0, useGrowingCount(timeline.rows.length))
  const isSequence = view.view.value === 'sequence'
  const current = rows.find(({ number }) => number === view.current.value) ?? rows[0]
  useSought(view, rows, list)
  return (
    <div class="step-view" data-view={view.view.value}>
      {isSequence && <LaneHeads lanes={lanes} names={context.names} />}
      {isSequence && <LaneLines lanes={lanes} />}
      <ol
        class="steps"
        ref={list}
        aria-label="Steps"
        onKeyDown={event => {
          if (actOnKey(event, timeline.rows, view, onHelp)) event.preventDefault()
        }}
      >
        {rows.map(row => (
          <StepItem
            key={row.step.id}
            {...row}
            scaleMs={isSequence ? 0 : scaleOf(timeline, running)}
            lanes={isSequence ? lanes.join() : undefined}
            isOpen={view.open.value.has(row.step.id)}
            isCurrent={row === current}
            running={running}
            view={view}
            names={context.names}
            revealed={context.revealed}
            clockAheadMs={context.clockAheadMs}
          />
        ))}
      </ol>
    </div>
  )
}

/** How long the scale of the bars is. While the trace grows it doubles now and then, so that not all bars move all the time. */
function scaleOf({ spanMs }: Timeline, running: boolean): number {
  return running ? 2 ** Math.ceil(Math.log2(spanMs)) : spanMs
}

/** Shows the step that a link or a sentence leads to, as soon as it is there. */
function useSought(view: TraceView, rows: readonly Row[], list: RefObject<HTMLOListElement | null>): void {
  const sought = view.sought.value
  const row = rows.find(({ number }) => number === sought)
  useEffect(() => {
    if (!row) return
    view.sought.value = undefined
    view.current.value = row.number
    view.openAll([row.step.id])
    const button = list.current?.querySelector<HTMLElement>(`#step-${row.number}`)
    button?.focus({ preventScroll: true })
    button?.scrollIntoView({ block: 'start' })
  }, [row, view, list])
}

/** Keys of the list; `false` for a key that is none of them. They act only while the focus is in the list. */
function actOnKey(
  { key, target, ctrlKey, metaKey, altKey }: KeyboardEvent,
  rows: readonly Row[],
  view: TraceView,
  onHelp: () => void,
): boolean {
  if (ctrlKey || metaKey || altKey || !(target instanceof HTMLElement)) return false
  if (key === '?') onHelp()
  else if (key === '[') view.closeAll()
  else if (key === ']') view.openAll(rows.map(({ step }) => step.id))
  else return target.matches('.row') && moveFocus(key, target)
  return true
}

const moves: Readonly<Record<string, (rows: readonly HTMLElement[], at: number) => HTMLElement | undefined>> =
  {
    ArrowDown: (rows, at) => rows[at + 1],
    j: (rows, at) => rows[at + 1],
    ArrowUp: (rows, at) => rows[at - 1],
    k: (rows, at) => rows[at - 1],
    Home: rows => rows[0],
    End: rows => rows.at(-1),
  }

function moveFocus(key: string, from: HTMLElement): boolean {
  const move = Object.hasOwn(moves, key) ? moves[key] : undefined
  const rows = [...(from.closest('.steps')?.querySelectorAll<HTMLElement>('.row') ?? [])]
  move?.(rows, rows.indexOf(from))?.focus()
  return move !== undefined
}

interface StepItemProps extends Row, TokenContext {
  /** The length of the scale of the bars; 0 in the sequence, which has none. */
  readonly scaleMs: number
  /** The lanes of the sequence, joined by commas; `undefined` in the view with bars. */
  readonly lanes: string | undefined
  readonly isOpen: boolean
  readonly isCurrent: boolean
  readonly running: boolean
  readonly view: TraceView
}

/** One step. Drawn again only when something about it has changed, since a trace may have thousands. */
class StepItem extends Component<StepItemProps> {
  override shouldComponentUpdate(next: StepItemProps): boolean {
    const keys = Object.keys(next) as (keyof StepItemProps)[]
    return keys.some(key => next[key] !== this.props[key])
  }

  override render(props: StepItemProps) {
    const { step, number, depth, parallel, isOpen, isCurrent, view, names } = props
    const id = `step-${number}`
    return (
      <li class="step" data-status={step.status} data-depth={Math.min(depth, 4)} data-parallel={parallel}>
        <button
          type="button"
          class="row"
          id={id}
          tabIndex={isCurrent ? 0 : -1}
          aria-expanded={isOpen}
          aria-controls={isOpen ? `${id}-details` : undefined}
          onFocus={() => {
            view.current.value = number
          }}
          onClick={() => view.toggle(props)}
        >
          <span class="step-number">{number}</span>
          <span class="step-title">{shortenIds(step.title)}</span>
          <span class="route">
            {names.actor(step.from)} <span aria-hidden="true">→</span>
            <span class="visually-hidden">to</span> {names.actor(step.to)}
          </span>
          {parallel && <span class="parallel">in parallel</span>}
          <StepPicture {...props} />
          <span class="step-status" data-status={step.status}>
            {statusWords(step, props.running)}
          </span>
        </button>
        {isOpen && (
          <div class="step-facts" id={`${id}-details`}>
            <StepToken {...props} />
            <StepDetails step={step} />
          </div>
        )}
      </li>
    )
  }
}

function StepPicture({ step, lanes, offsetMs, scaleMs }: StepItemProps) {
  const { from, to, status, durationMs } = step
  const token = carriedToken(step)
  if (lanes !== undefined)
    return (
      <>
        {token && <span class="visually-hidden">with {token}</span>}
        <HopPicture lanes={lanes.split(',')} from={from} to={to} status={status} token={token} />
      </>
    )
  return (
    <>
      {token && <TokenBadge token={token} />}
      <TimeBar offsetMs={offsetMs} durationMs={durationMs} scaleMs={scaleMs} status={status} />
    </>
  )
}

/** The token of a step: in full where it appears first, afterwards as a way there. */
function StepToken({ step: { token }, tokenShownIn, calledApis, view, ...context }: StepItemProps) {
  if (!token) return null
  if (tokenShownIn === undefined) {
    const names = context.names.forTokenOf(calledApis.split(','))
    return <TokenCardView card={token} context={{ ...context, names }} />
  }
  return (
    <p>
      <TokenBadge token={token.role} /> The same token as in{' '}
      <button type="button" class="link" onClick={() => view.seek(tokenShownIn)}>
        step {tokenShownIn}
      </button>
      .
    </p>
  )
}

function statusWords({ status, durationMs }: TraceStep, running: boolean): string {
  const duration = durationMs === undefined ? undefined : formatDuration(durationMs)
  switch (status) {
    case 'ok':
      return duration ?? 'ok'
    case 'failed':
      return ['failed', duration].filter(Boolean).join(' · ')
    case 'running':
      return running ? 'running…' : 'not finished'
    case 'not-observable':
      return 'not seen'
  }
}
