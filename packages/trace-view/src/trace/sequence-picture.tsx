import type { Actor, TokenRole } from '@entra-agents/trace'
import type { Names } from '../words/names.ts'
import type { DrawnHop } from './sequence.ts'
import '../styles/trace.css'
import './sequence-picture.css'

export function LaneHeads({ lanes, names }: { readonly lanes: readonly Actor[]; readonly names: Names }) {
  return (
    <div class="lanes" aria-hidden="true">
      {lanes.map(actor => (
        <span key={actor} class="lane-head">
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
    <svg class="lane-lines" aria-hidden="true">
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
export function HopView({ lanes, names, hop }: HopViewProps) {
  const { title, time = '', token, isUnseen = false, isCheck = false, exchange } = hop
  const [from, to] = [laneMiddle(lanes, hop.from), laneMiddle(lanes, hop.to)]
  const way = isCheck ? `at ${names.actor(hop.from)}` : `${names.actor(hop.from)} to ${names.actor(hop.to)}`
  return (
    <>
      <span class="visually-hidden">
        {[title, way, token && `with ${token}`, time].filter(Boolean).join(', ')}
      </span>
      <svg class="hop-picture" data-unseen={exchange && 'true'} aria-hidden="true">
        {exchange && !isCheck ? (
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
        ) : isCheck ? (
          <CheckOnLane at={from} title={title} token={token} />
        ) : (
          <Arrow from={from} to={to} title={title} time={time} token={token} isUnseen={isUnseen} />
        )}
      </svg>
    </>
  )
}

/** The height of an arrow with its title, in pixels. */
const rowHeight = 44
const arrowTop = 32
const titleTop = 17

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
      <text class="hop-title" x={`${Math.min(from, to)}%`} y={top + titleTop} dx="4">
        {title}
        {time && (
          <tspan class="hop-time" dx="8">
            {time}
          </tspan>
        )}
      </text>
      <line x1={`${from}%`} x2={`${to}%`} y1={y} y2={y} />
      <svg class="free" x={`${to}%`} y={y} aria-hidden="true">
        <path stroke="none" d={to >= from ? 'M0 0l-7-4v8z' : 'M0 0l7-4v8z'} />
      </svg>
      {token && <DrawnMark at={(from + to) / 2} y={y} token={token} />}
    </g>
  )
}

interface MarkProps {
  readonly at: number
  readonly token: TokenRole | undefined
}

/** A check that an actor makes by itself: its title left of the lane, where there is room, and the token on the lane. */
function CheckOnLane({ at, title, token }: MarkProps & { readonly title: string }) {
  return (
    <g class="drawn-way" data-token={token}>
      <text class="hop-title" x={`${at}%`} y={arrowTop / 2 + 10} dx="-22" text-anchor="end">
        {title}
      </text>
      {token && <DrawnMark at={at} y={arrowTop / 2 + 6} token={token} />}
    </g>
  )
}

function DrawnMark({ at, y, token }: MarkProps & { readonly y: number }) {
  return (
    <svg class="free drawn-mark" x={`${at}%`} y={y} aria-hidden="true">
      <rect x="-15" y="-9.5" width="30" height="19" rx="4" />
      <text y="4">{token}</text>
    </svg>
  )
}

interface UnseenFrameProps {
  readonly from: number
  readonly to: number
  readonly edge: string
}

/** The dashed frame around what the agent cannot see. */
function UnseenFrame({ from, to, edge }: UnseenFrameProps) {
  const [start, end] = [`${Math.min(from, to) - 5}%`, `${Math.max(from, to) + 5}%`]
  const width = `${Math.abs(to - from) + 10}%`
  return (
    <>
      <rect class="unseen-band" x={start} width={width} height="100%" />
      <line class="unseen-edge" x1={start} x2={start} y2="100%" />
      <line class="unseen-edge" x1={end} x2={end} y2="100%" />
      {edge.includes('first') && <line class="unseen-edge" x1={start} x2={end} />}
      {edge.includes('last') && <line class="unseen-edge" x1={start} x2={end} y1="100%" y2="100%" />}
    </>
  )
}
