import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

/** How long the scale of all bars is, in milliseconds; a context, so that only the bars are drawn again when it changes. */
export const Scale = createContext(0)

interface TimeBarProps {
  readonly offsetMs: number | undefined
  readonly durationMs: number | undefined
  readonly isRunning: boolean
}

/** When a step ran within its trace, never shorter than can be seen; a dashed line where nobody saw it. */
export function TimeBar({ offsetMs, durationMs = 0, isRunning }: TimeBarProps) {
  const scaleMs = useContext(Scale)
  const begin = offsetMs ?? 0
  const length = isRunning ? scaleMs - begin : Math.max(durationMs, scaleMs * leastShare)
  const start = Math.min(begin / scaleMs, 1 - leastShare)
  return (
    <svg class="time-bar" aria-hidden="true">
      <line class="time-track" x1="0" x2="100%" y1="4" y2="4" />
      {offsetMs !== undefined && (
        <line
          class="time-span"
          x1={`${start * 100}%`}
          x2={`${Math.min(1, start + length / scaleMs) * 100}%`}
          y1="4"
          y2="4"
        />
      )}
    </svg>
  )
}

/** Of the scale: what is drawn of a step that took next to no time. */
const leastShare = 0.008
