import type { Actor, TokenRole } from '@entra-agents/trace'
import { flowWords } from '../words/flows.ts'
import { tellRow, tellTime } from './row-words.ts'
import { type DrawnHop, type MessageHop, titleOfHop } from './sequence.ts'
import { problemKindOf } from './step-failures.ts'
import type { Row } from './timeline.ts'
import { useTrace } from './trace-context.ts'
import { carriedTokenRole } from './traced-answer.ts'
import { countPassed } from './turn-by-exchange.ts'
import { isGoingOn, lastChecks } from './turn-facts.ts'

interface LanesProps {
  readonly lanes: readonly Actor[]
}

export function LaneHeads({ lanes }: LanesProps) {
  const { names } = useTrace()
  return (
    <div class="lanes grid center" aria-hidden="true">
      {lanes.map(actor => (
        <span key={actor} class="lane-head grid">
          <span>{names.actor(actor)}</span>
          {names.isEmulated(actor) && <span class="emulated-mark">emulated</span>}
        </span>
      ))}
    </div>
  )
}

/** The position of an actor's lane, in percent of the width. */
function laneMiddle(lanes: readonly Actor[], actor: Actor): number {
  return ((lanes.indexOf(actor) + 0.5) / lanes.length) * 100
}

/** The lanes themselves, behind all rows. */
export function LaneLines({ lanes }: LanesProps) {
  return (
    <svg class="lane-lines wide" height="100%" overflow="visible" stroke="var(--line)" aria-hidden="true">
      {lanes.map(actor => (
        <line key={actor} x1={`${laneMiddle(lanes, actor)}%`} x2={`${laneMiddle(lanes, actor)}%`} y2="100%" />
      ))}
    </svg>
  )
}

/** One hop in words, and drawn as an arrow between two lanes with its token. An exchange is drawn as two arrows. */
function HopView({ lanes, hop }: LanesProps & { readonly hop: DrawnHop }) {
  const { names } = useTrace()
  const { title, time = '', token, isUnseen = false, exchange } = hop
  const [from, to] = [laneMiddle(lanes, hop.from), laneMiddle(lanes, hop.to)]
  const way = `${names.actor(hop.from)} to ${names.actor(hop.to)}`
  return (
    <>
      <span class="visually-hidden">
        {[title, way, token && `with ${token}`, time].filter(Boolean).join(', ')}
      </span>
      <svg class="hop-picture wide" height="100%" overflow="visible" aria-hidden="true">
        {exchange ? (
          <>
            <UnseenFrame from={from} to={to} edge={exchange.edge} />
            <Arrow from={from} to={to} title={exchange.shown} isUnseen />
            <Arrow
              from={to}
              to={from}
              title={`Issue ${exchange.issued}`}
              token={exchange.issued}
              top={rowHeight}
              isUnseen
            />
          </>
        ) : (
          <Arrow from={from} to={to} title={title} time={time} token={token} isUnseen={isUnseen} />
        )}
      </svg>
    </>
  )
}

/** An arrow that is no step and has no details to open. */
export function MessageItem({ lanes, message }: LanesProps & { readonly message: MessageHop }) {
  const { answers } = message
  return (
    <li class="step-item" data-status={answers?.status} data-problem={answers && problemKindOf(answers)}>
      <div class="hop relative">
        <HopView lanes={lanes} hop={message} />
      </div>
    </li>
  )
}

interface HopRowProps extends LanesProps {
  readonly row: Row
  readonly edge: string | undefined
  readonly isOpen: boolean
}

/** A step as an arrow between lanes. */
export function HopRow({ lanes, row, edge, isOpen }: HopRowProps) {
  const { facts, names } = useTrace()
  const { flow } = facts
  const { step, origin } = row
  const isCheck = step.kind === 'validation'
  const { terms } = flowWords[flow]
  const issued = step.token?.role ?? 'TR'
  const shown = {
    T1: 'Show credential',
    T2: 'Show T1',
    Tc: '',
    TR: `${terms.length > 1 ? 'Exchange' : 'Show'} ${terms.join(' + ')}`,
  }[issued]
  const passed = isCheck && step.token ? lastChecks(step.token, 'api') : undefined
  const answer = [origin?.response?.status, passed && countPassed(passed.checks)]
  const hop = {
    from: step.from,
    to: step.to,
    title: titleOfHop(step, tellRow(row, flow, names, isOpen).title),
    time: isCheck ? answer.filter(Boolean).join(', ') : tellTime(row, isGoingOn(step, facts)),
    token: isCheck ? undefined : carriedTokenRole(step),
    isUnseen: step.status === 'not-observable',
    exchange: edge === undefined ? undefined : { shown, issued, edge },
  }
  return <HopView lanes={lanes} hop={hop} />
}

/** The height of an arrow with its title, in pixels. */
const rowHeight = 44
const arrowTop = 34
const titleTop = 20

/** Nobody here saw it. */
const dashes = '4 3'

interface ArrowProps {
  readonly from: number
  readonly to: number
  readonly title: string
  readonly time?: string
  readonly token?: TokenRole | undefined
  /** The distance from the upper edge of the row, in pixels. */
  readonly top?: number
  readonly isUnseen: boolean
}

function Arrow({ from, to, title, time, token, top = 0, isUnseen }: ArrowProps) {
  const y = top + arrowTop
  const way = 'var(--tone, var(--token-fill, var(--ink-soft)))'
  const letters = isUnseen
    ? { fill: 'var(--ink-soft)', stroke: 'none' }
    : { fill: 'var(--tone, var(--ink))', stroke: 'var(--surface)' }
  return (
    <g data-token={token} fill={way} stroke={way} stroke-width="1.5">
      {/* A background behind the letters keeps the lanes from crossing them. */}
      <text
        class="t2"
        {...letters}
        paint-order="stroke"
        stroke-width="6"
        stroke-linejoin="round"
        x={`${Math.min(from, to)}%`}
        y={top + titleTop}
        dx="6"
      >
        {title}
        {time && (
          <tspan class="t1" dx="8" fill="var(--ink-soft)">
            {time}
          </tspan>
        )}
      </text>
      <line x1={`${from}%`} x2={`${to}%`} y1={y} y2={y} stroke-dasharray={isUnseen ? dashes : undefined} />
      <svg overflow="visible" x={`${to}%`} y={y} aria-hidden="true">
        <path stroke="none" d={to >= from ? 'M0 0l-8-5v10z' : 'M0 0l8-5v10z'} />
      </svg>
      {/* The colours are those of `TokenMark`. */}
      {token && (
        <svg overflow="visible" x={`${(from + to) / 2}%`} y={y} aria-hidden="true">
          <rect
            x="-15"
            y="-10"
            width="30"
            height="20"
            rx="4"
            fill="var(--token-fill, var(--surface))"
            stroke="var(--token, var(--ink))"
            stroke-dasharray={token === 'T1' || token === 'T2' ? dashes : undefined}
          />
          <text
            class="t1"
            y="4"
            fill="var(--token-ink, var(--ink))"
            stroke="none"
            font-family="var(--mono)"
            font-weight="600"
            text-anchor="middle"
          >
            {token}
          </text>
        </svg>
      )}
    </g>
  )
}

interface UnseenFrameProps {
  readonly from: number
  readonly to: number
  readonly edge: string
}

/** The part of the dashed frame that lies in this row: the frame itself is longer, and only its first and last row end it. */
function UnseenFrame({ from, to, edge }: UnseenFrameProps) {
  const [first, last] = [edge.includes('first'), edge.includes('last')]
  return (
    <svg
      class="cut-off"
      x={`${Math.min(from, to) - 4}%`}
      width={`${Math.abs(to - from) + 12}%`}
      height="100%"
      aria-hidden="true"
    >
      <rect
        fill="color-mix(in srgb, var(--paper) 60%, transparent)"
        stroke="var(--line-strong)"
        stroke-dasharray="4 4"
        x="1"
        y={first ? '1' : '-50%'}
        width="99%"
        height={first ? (last ? '98%' : '200%') : last ? '149%' : '200%'}
        rx="8"
      />
    </svg>
  )
}
