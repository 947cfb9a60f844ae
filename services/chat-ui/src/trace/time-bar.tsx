import type { StepStatus } from '@entra-bedrock-agent/identity-trace'

interface TimeBarProps {
  readonly offsetMs: number | undefined
  readonly durationMs: number | undefined
  readonly scaleMs: number
  readonly status: StepStatus
}

/** When a step ran within its trace; a dashed line where nobody saw it. */
export function TimeBar({ offsetMs, durationMs, scaleMs, status }: TimeBarProps) {
  const begin = offsetMs ?? 0
  const length = status === 'running' ? scaleMs - begin : (durationMs ?? 0)
  return (
    <svg class="time-bar" data-status={status} aria-hidden="true">
      <line class="time-track" x1="0" x2="100%" y1="4" y2="4" />
      {offsetMs !== undefined && (
        <line
          class="time-span"
          x1={`${(begin / scaleMs) * 100}%`}
          x2={`${((begin + length) / scaleMs) * 100}%`}
          y1="4"
          y2="4"
        />
      )}
    </svg>
  )
}
