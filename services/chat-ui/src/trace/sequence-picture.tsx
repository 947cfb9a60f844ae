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
  const middleOf = (index: number) => ((index + 0.5) / lanes.length) * 100
  const start = middleOf(lanes.indexOf(from))
  const end = middleOf(lanes.indexOf(to))
  const head = end >= start ? 'M0 0l-7-4v8z' : 'M0 0l7-4v8z'
  return (
    <svg class="hop" data-status={status} aria-hidden="true">
      {lanes.map((actor, index) => (
        <line
          key={actor}
          class="lane"
          x1={`${middleOf(index)}%`}
          x2={`${middleOf(index)}%`}
          y1="0"
          y2="100%"
        />
      ))}
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
