import type { TraceStep } from '@entra-agents/trace'
import { Component } from 'preact'
import { lazy } from '../browser/lazy.tsx'
import { useNow } from '../browser/now.ts'
import { Icon } from '../controls/icon.tsx'
import { TokenMark } from '../identity/token-mark.tsx'
import { formatClock } from '../words/times.ts'
import { tellRow, tellTime } from './row-words.ts'
import { HopRow } from './sequence-picture.tsx'
import { problemKindOf } from './step-failures.ts'
import { TimeBar } from './time-bar.tsx'
import type { Row } from './timeline.ts'
import { useTrace } from './trace-context.ts'
import { carriedTokenRole } from './traced-answer.ts'
import { hasFailed, isGoingOn } from './turn-facts.ts'

const StepDetails = lazy(async () => (await import('./step-details.tsx')).StepDetails)

interface StepItemProps {
  readonly row: Row
  /** The lanes of the sequence, joined by commas; `undefined` in the view with bars. */
  readonly lanes: string | undefined
  /** For a step that nobody saw: whether it is the first or the last of adjacent unseen steps. */
  readonly edge: string | undefined
  readonly isOpen: boolean
  readonly isCurrent: boolean
}

/** One row. Rendered again only if its props have changed, since a trace may have thousands of rows. */
export class StepItem extends Component<StepItemProps> {
  override shouldComponentUpdate(next: StepItemProps): boolean {
    const keys = Object.keys(next) as (keyof StepItemProps)[]
    return keys.some(key => next[key] !== this.props[key])
  }

  override render(props: StepItemProps) {
    return <Item {...props} />
  }
}

function Item({ row, lanes, edge, isOpen, isCurrent }: StepItemProps) {
  const { facts, view, hasDrawer } = useTrace()
  const { step, number, size } = row
  const id = `step-${number > 0 ? number : row.id}`
  const hasDetails = isOpen && size === 0
  return (
    <li
      class="step-item"
      data-status={drawnStatus(step, isGoingOn(step, facts))}
      data-problem={problemKindOf(step)}
      data-edge={edgeOf(row)}
    >
      <button
        type="button"
        class={lanes === undefined ? 'step relative wide t2' : 'step hop relative wide t2'}
        id={id}
        tabIndex={isCurrent ? 0 : -1}
        aria-expanded={isOpen}
        aria-controls={hasDetails ? (hasDrawer ? 'step-drawer' : `${id}-details`) : undefined}
        onFocus={() => {
          if (number > 0) view.current.value = number
        }}
        onClick={() => view.press(row, hasDrawer)}
      >
        {lanes === undefined ? (
          <StepRow row={row} isOpen={isOpen} />
        ) : (
          <HopRow row={row} isOpen={isOpen} lanes={lanes.split(',')} edge={edge} />
        )}
      </button>
      {hasDetails && !hasDrawer && (
        <div class="step-more stack rule t2" id={`${id}-details`}>
          <StepDetails row={row} />
        </div>
      )}
    </li>
  )
}

/** The status to draw. A consent is `not-observable`, but drawn as `ok`: no hops are hidden behind it. */
function drawnStatus(step: TraceStep, isGoingOn: boolean): string {
  const { status, kind } = step
  if (kind === 'consent') return 'ok'
  if (status === 'failed' && !hasFailed(step)) return 'stopped'
  return (status === 'running' || status === 'waiting') && !isGoingOn ? 'stopped' : status
}

const edges: Readonly<Partial<Record<TraceStep['kind'], string>>> = {
  'sign-in': 'user',
  approval: 'user',
  consent: 'user',
  model: 'model',
  'token-request': 'token',
  token: 'token',
  'api-call': 'api',
  validation: 'api',
}

/** The colour of the row's edge and bar: by the kind of step, and that of the user if the user was waited for. */
function edgeOf({ step: { kind, status }, waitedMs }: Row): string | undefined {
  if (status === 'not-observable' && kind !== 'consent') return 'unseen'
  return waitedMs > 0 || status === 'waiting' ? 'user' : edges[kind]
}

/** A step as a line of the list: what, where, with which token, when and how long. */
function StepRow({ row, isOpen }: Pick<StepItemProps, 'row' | 'isOpen'>) {
  const { facts, names } = useTrace()
  const { step, times, depth } = row
  const { title, where } = tellRow(row, facts.flow, names, isOpen)
  const token = times > 1 ? 'TR' : carriedTokenRole(step)
  const goesOn = isGoingOn(step, facts)
  return (
    <>
      <span class="step-name row gap-2">
        {Array.from({ length: Math.min(depth, 3) }, (_, level) => (
          <i key={level} class="indent" />
        ))}
        <Icon name="chevron" />
        <span class="step-title tone cut" dir="auto">
          {title}
        </span>
        <span class="step-where fine cut">{where}</span>
      </span>
      <span>{token && <TokenMark token={token} />}</span>
      <TimeBar row={row} isRunning={step.status === 'running' && goesOn} />
      <span class="step-time fine nums far nowrap">
        {tellTime(row, goesOn)}
        {step.status === 'waiting' && goesOn && <WaitingTime step={step} />}
      </span>
    </>
  )
}

/** How long a step has waited, by the agent's clock. */
function WaitingTime({ step }: { readonly step: TraceStep }) {
  const { clockAheadMs } = useTrace()
  const now = useNow(1_000)
  const sinceMs = Date.parse(step.startedAt ?? '') + (step.durationMs ?? 0)
  const seconds = Math.round((now.value + clockAheadMs - sinceMs) / 1000)
  return seconds >= 0 ? <> {formatClock(seconds)}</> : null
}
