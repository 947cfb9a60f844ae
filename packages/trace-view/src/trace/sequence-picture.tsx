import type { Actor, TokenRole, TraceStep } from '@entra-agents/trace'
import { flowWords } from '../words/flows.ts'
import type { Names } from '../words/names.ts'
import { type TellableRow, tellRow, tellTime } from './row-words.ts'
import { type DrawnHop, type MessageHop, titleOfHop } from './sequence.ts'
import { problemKindOf } from './step-failures.ts'
import { carriedTokenRole } from './traced-answer.ts'
import { lastChecks } from './turn-facts.ts'

export function LaneHeads({ lanes, names }: { readonly lanes: readonly Actor[]; readonly names: Names }) {
  return (
    <div class="lanes grid" aria-hidden="true">
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
export function LaneLines({ lanes }: { readonly lanes: readonly Actor[] }) {
  return (
    <svg class="lane-lines wide" aria-hidden="true">
      {lanes.map(actor => (
        <line key={actor} x1={`${laneMiddle(lanes, actor)}%`} x2={`${laneMiddle(lanes, actor)}%`} y2="100%" />
      ))}
    </svg>
  )
}

interface HopViewProps {
  readonly lanes: readonly Actor[]
  readonly names: Names
  readonly hop: DrawnHop
}

/** One hop in words, and drawn as an arrow between two lanes with its token. An exchange is drawn as two arrows. */
function HopView({ lanes, names, hop }: HopViewProps) {
  const { title, time = '', token, isUnseen = false, exchange } = hop
  const [from, to] = [laneMiddle(lanes, hop.from), laneMiddle(lanes, hop.to)]
  const way = `${names.actor(hop.from)} to ${names.actor(hop.to)}`
  return (
    <>
      <span class="visually-hidden">
        {[title, way, token && `with ${token}`, time].filter(Boolean).join(', ')}
      </span>
      <svg class="hop-picture wide" data-unseen={exchange && 'true'} aria-hidden="true">
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

interface MessageItemProps {
  readonly lanes: readonly Actor[]
  readonly message: MessageHop
  readonly names: Names
}

/** An arrow that is no step and has no details to open. */
export function MessageItem({ lanes, message, names }: MessageItemProps) {
  const { answers } = message
  return (
    <li class="step-item" data-status={answers?.status} data-problem={answers && problemKindOf(answers)}>
      <div class="hop">
        <HopView lanes={lanes} names={names} hop={message} />
      </div>
    </li>
  )
}

interface HopRowProps extends TellableRow {
  /** The lanes, joined by commas. */
  readonly lanes: string
  readonly edge: string | undefined
  readonly origin: TraceStep | undefined
  readonly running: boolean
}

/** A step as an arrow between lanes. */
export function HopRow({ lanes, edge, ...row }: HopRowProps) {
  const { step, names, flow, origin } = row
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
  const answer = [origin?.response?.status, passed && `${passed.passed} of ${passed.checks.length}`]
  const hop = {
    from: step.from,
    to: step.to,
    title: titleOfHop(step, tellRow(row).title),
    time: isCheck ? answer.filter(Boolean).join(', ') : tellTime(row),
    token: isCheck ? undefined : carriedTokenRole(step),
    isUnseen: step.status === 'not-observable',
    exchange: edge === undefined ? undefined : { shown, issued, edge },
  }
  return <HopView lanes={lanes.split(',')} names={names} hop={hop} />
}

/** The height of an arrow with its title, in pixels. */
const rowHeight = 44
const arrowTop = 34
const titleTop = 20

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
  return (
    <g class="drawn-way" data-token={token} data-unseen={isUnseen}>
      <text class="hop-title t2" x={`${Math.min(from, to)}%`} y={top + titleTop} dx="6">
        {title}
        {time && (
          <tspan class="hop-time t1" dx="8">
            {time}
          </tspan>
        )}
      </text>
      <line x1={`${from}%`} x2={`${to}%`} y1={y} y2={y} />
      <svg class="free" x={`${to}%`} y={y} aria-hidden="true">
        <path stroke="none" d={to >= from ? 'M0 0l-8-5v10z' : 'M0 0l8-5v10z'} />
      </svg>
      {token && (
        <svg class="free drawn-mark" x={`${(from + to) / 2}%`} y={y} aria-hidden="true">
          <rect x="-15" y="-10" width="30" height="20" rx="4" />
          <text y="4">{token}</text>
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
        class="unseen-frame"
        x="1"
        y={first ? '1' : '-50%'}
        width="99%"
        height={first ? (last ? '98%' : '200%') : last ? '149%' : '200%'}
        rx="8"
      />
    </svg>
  )
}
