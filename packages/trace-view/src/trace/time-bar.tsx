import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { toReader } from '../words/reader.ts'
import { formatClock, formatDuration } from '../words/times.ts'
import { barOf, type Extent, gapOf, marksOn, type TimeScale } from './time-scale.ts'
import type { Row } from './timeline.ts'
import { useTrace } from './trace-context.ts'

/** A context, so that only the bars are rendered again when the scale changes. */
export const ScaleContext = createContext<TimeScale>({ lengthMs: 1, waits: [] })

interface TimeBarProps {
  readonly row: Row
  readonly isRunning: boolean
}

/** When a step ran within its trace; hatched where the turn waited for its user, a dashed line if nobody saw the step. */
export function TimeBar({ row, isRunning }: TimeBarProps) {
  const { names } = useTrace()
  const { span, wait, waits, waitedMs, size } = row
  const scale = useContext(ScaleContext)
  const gaps = scale.waits.slice(...waits).map(moment => gapOf(moment, scale))
  const bar = span && wait === undefined ? barOf(span, isRunning, scale) : undefined
  const last = wait === undefined ? undefined : gaps[0]
  return (
    <svg class="time-lane wide" height="36" overflow="visible" aria-hidden="true">
      {!span && wait === undefined && (
        <line x2="100%" y1="18" y2="18" stroke="var(--line-strong)" stroke-dasharray="4 4" />
      )}
      {gaps.map(gap => (
        <rect
          key={gap.start}
          class="time-wait"
          fill="url(#hatch)"
          {...placed(gap)}
          y="10"
          height="16"
          rx="2"
        />
      ))}
      {last && (
        <text
          class="t1"
          font-weight="600"
          fill="var(--wait)"
          {...(last.start > 55
            ? { x: `${last.start}%`, dx: '-6', 'text-anchor': 'end' }
            : { x: `${last.start + last.width}%`, dx: '6' })}
          y="22"
        >
          {toReader(`you, ${formatClock(Math.round(waitedMs / 1000))}`, names)}
        </text>
      )}
      {bar && (
        <rect
          {...(size > 0 && waitedMs > 0
            ? { fill: 'none', stroke: 'var(--line-strong)' }
            : { class: 'time-span' })}
          {...placed(bar)}
          y="14"
          height="8"
          rx="4"
        />
      )}
    </svg>
  )
}

function placed({ start, width }: Extent) {
  return { x: `${start}%`, width: `${width}%` }
}

/** The time scale above the bars, and the pattern with which they draw waits. */
export function TimeAxis({ scale }: { readonly scale: TimeScale }) {
  const { lengthMs } = scale
  return (
    <div class="axis fine nums under paper" aria-hidden="true">
      <svg class="wide" height="16" overflow="visible" fill="currentcolor" aria-hidden="true">
        <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="5" height="5" fill="var(--wait-surface)" />
          <line y2="5" stroke="var(--wait)" stroke-width="1.6" opacity="0.55" />
        </pattern>
        {marksOn(scale).map(({ ms, at }) => (
          <text key={ms} x={`${at}%`} y="12" text-anchor={at < 6 ? 'start' : 'middle'}>
            {ms === 0 ? '0' : formatMark(ms, lengthMs)}
          </text>
        ))}
        <text x="100%" y="12" text-anchor="end">
          {formatDuration(lengthMs)}
        </text>
      </svg>
      <span class="far">took</span>
    </div>
  )
}

function formatMark(ms: number, lengthMs: number): string {
  return lengthMs >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Number(ms.toPrecision(2))} ms`
}
