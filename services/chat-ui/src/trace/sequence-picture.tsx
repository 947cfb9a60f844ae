import type { Actor, Flow, TokenRole, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { flowWords } from '../words/flows.ts'
import type { Names } from '../words/names.ts'
import '../identity/token-mark.css'
import './sequence-picture.css'

/** The heads of the lanes. */
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

/** Where the lane of an actor runs, in percent of the width. */
function middleOf(lanes: readonly Actor[], actor: Actor): number {
  return ((lanes.indexOf(actor) + 0.5) / lanes.length) * 100
}

/** The lanes themselves, behind all rows. */
export function LaneLines({ lanes }: { readonly lanes: readonly Actor[] }) {
  return (
    <svg class="lane-lines" aria-hidden="true">
      {lanes.map(actor => (
        <line key={actor} x1={`${middleOf(lanes, actor)}%`} x2={`${middleOf(lanes, actor)}%`} y2="100%" />
      ))}
    </svg>
  )
}

interface HopPictureProps {
  readonly lanes: readonly Actor[]
  readonly step: TraceStep
  readonly flow: Flow
  readonly title: string
  readonly time: string
  readonly token: TokenRole | undefined
  /** Of a step that nobody saw: whether it is the first or the last of them. */
  readonly unseen: string | undefined
}

/** One step as an arrow between two lanes, with the token that it carries; what nobody saw as a question and its answer. */
export function HopPicture({ lanes, step, flow, title, time, token, unseen }: HopPictureProps) {
  const from = middleOf(lanes, step.from)
  const to = middleOf(lanes, step.to)
  if (step.kind === 'validation') return <Check at={from} title={title} token={token} />
  if (unseen === undefined) {
    return (
      <svg class="hop-picture" aria-hidden="true">
        <Arrow
          from={from}
          to={to}
          title={title}
          time={time}
          token={token}
          at={0}
          isUnseen={step.status === 'not-observable'}
        />
      </svg>
    )
  }
  const issued = step.token?.role ?? 'TR'
  const shown = { T1: 'Credential', T2: 'T1', Tc: '', TR: flowWords[flow].terms.join(' and ') }[issued]
  return (
    <svg class="hop-picture" data-unseen="true" aria-hidden="true">
      <UnseenFrame from={from} to={to} edge={unseen} />
      <Arrow from={from} to={to} title={shown} time="" token={undefined} at={0} isUnseen />
      <Arrow from={to} to={from} title={`Issue ${issued}`} time="" token={issued} at={rowHeight} isUnseen />
    </svg>
  )
}

interface MessagePictureProps {
  readonly lanes: readonly Actor[]
  readonly from: Actor
  readonly to: Actor
  readonly title: string
  readonly token: TokenRole | undefined
}

/** One arrow between two lanes. */
export function MessagePicture({ lanes, from, to, ...arrow }: MessagePictureProps) {
  return (
    <svg class="hop-picture" aria-hidden="true">
      <Arrow from={middleOf(lanes, from)} to={middleOf(lanes, to)} time="" at={0} {...arrow} />
    </svg>
  )
}

/** How high one arrow with its title is, in pixels. */
const rowHeight = 44
const arrowTop = 32
const titleTop = 17

interface ArrowProps {
  readonly from: number
  readonly to: number
  readonly title: string
  readonly time: string
  readonly token: TokenRole | undefined
  /** How far below the upper edge of the row it begins, in pixels. */
  readonly at: number
  readonly isUnseen?: boolean
}

function Arrow({ from, to, title, time, token, at, isUnseen = false }: ArrowProps) {
  const y = at + arrowTop
  return (
    <g class="drawn-way" data-token={token} data-unseen={isUnseen}>
      <text class="hop-title" x={`${Math.min(from, to)}%`} y={at + titleTop} dx="4">
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

/** What an actor does by itself: its title before its lane, where there is room for it, and the token on the lane. */
function Check({ at, title, token }: Pick<ArrowProps, 'title' | 'token'> & { readonly at: number }) {
  return (
    <svg class="hop-picture" aria-hidden="true">
      <g class="drawn-way" data-token={token}>
        <text class="hop-title" x={`${at}%`} y={arrowTop / 2 + 10} dx="-22" text-anchor="end">
          {title}
        </text>
        {token && <DrawnMark at={at} y={arrowTop / 2 + 6} token={token} />}
      </g>
    </svg>
  )
}

function DrawnMark({ at, y, token }: { readonly at: number; readonly y: number; readonly token: TokenRole }) {
  return (
    <svg class="free drawn-mark" x={`${at}%`} y={y} aria-hidden="true">
      <rect x="-15" y="-9.5" width="30" height="19" rx="4" />
      <text y="4">{token}</text>
    </svg>
  )
}

/** The dashed frame around what the agent cannot see. */
function UnseenFrame({
  from,
  to,
  edge,
}: {
  readonly from: number
  readonly to: number
  readonly edge: string
}) {
  const start = Math.min(from, to) - 5
  const end = Math.max(from, to) + 5
  return (
    <>
      <rect class="unseen-band" x={`${start}%`} width={`${end - start}%`} height="100%" />
      <line class="unseen-edge" x1={`${start}%`} x2={`${start}%`} y2="100%" />
      <line class="unseen-edge" x1={`${end}%`} x2={`${end}%`} y2="100%" />
      {edge.includes('first') && <line class="unseen-edge" x1={`${start}%`} x2={`${end}%`} />}
      {edge.includes('last') && (
        <line class="unseen-edge" x1={`${start}%`} x2={`${end}%`} y1="100%" y2="100%" />
      )}
    </>
  )
}
