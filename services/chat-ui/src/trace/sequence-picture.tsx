import type { Actor, StepStatus, TokenRole } from '@entra-bedrock-agent/identity-trace'
import { Icon, type IconName } from '../controls/icon.tsx'
import type { Names } from '../words/names.ts'

const actorIcons: Readonly<Record<string, IconName>> = {
  user: 'user',
  agent: 'agent',
  sidecar: 'sidecar',
  entra: 'entra',
  bedrock: 'bedrock',
}

/** The heads of the lanes. */
export function LaneHeads({ lanes, names }: { readonly lanes: readonly Actor[]; readonly names: Names }) {
  return (
    <div class="lane-heads" aria-hidden="true">
      <div class="lanes">
        {lanes.map(actor => (
          <span key={actor} class="lane-head">
            <Icon name={(Object.hasOwn(actorIcons, actor) ? actorIcons[actor] : undefined) ?? 'api'} />
            <span>{names.actor(actor)}</span>
            {names.isEmulated(actor) && <span class="emulated-mark">emulated</span>}
          </span>
        ))}
      </div>
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

/** Where the arrow runs, in pixels below the upper edge of its row. */
const arrowTop = 34

interface HopPictureProps {
  readonly lanes: readonly Actor[]
  readonly from: Actor
  readonly to: Actor
  readonly status: StepStatus
  readonly token: TokenRole | undefined
}

/** One hop as an arrow between two lanes, with the token that it carries. */
export function HopPicture({ lanes, from, to, status, token }: HopPictureProps) {
  const start = middleOf(lanes, from)
  const end = middleOf(lanes, to)
  const head = end >= start ? 'M0 0l-7-4v8z' : 'M0 0l7-4v8z'
  return (
    <svg class="hop" data-status={status} aria-hidden="true">
      <line class="arrow" x1={`${start}%`} x2={`${end}%`} y1={arrowTop} y2={arrowTop} />
      <svg x={`${end}%`} y={arrowTop} class="free" aria-hidden="true">
        <path class="arrow-head" d={head} />
      </svg>
      {token && (
        <svg x={`${(start + end) / 2}%`} y={arrowTop} class="free mark" data-role={token} aria-hidden="true">
          <rect x="-14" y="-9" width="28" height="18" rx="5" />
          <text y="4">{token}</text>
        </svg>
      )}
    </svg>
  )
}
