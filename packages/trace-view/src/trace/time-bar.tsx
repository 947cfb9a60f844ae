import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

/** The scale of all bars, in milliseconds; a context, so that only the bars are rendered again when it changes. */
export const ScaleContext = createContext(0)

interface TimeBarProps {
  readonly offsetMs: number | undefined
  readonly durationMs: number | undefined
  readonly isRunning: boolean
}

/** When a step ran within its trace, as a bar of at least visible length; a dashed line if nobody saw the step. */
export function TimeBar({ offsetMs, durationMs = 0, isRunning }: TimeBarProps) {
  const scaleMs = useContext(ScaleContext)
  const begin = offsetMs ?? 0
  const length = isRunning ? scaleMs - begin : Math.max(durationMs, scaleMs * shortestBarShare)
  const start = Math.min(begin / scaleMs, 1 - shortestBarShare)
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

/** The shortest bar, as a share of the scale: for steps that took next to no time. */
const shortestBarShare = 0.008
