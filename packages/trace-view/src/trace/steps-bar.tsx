import type { ReadonlySignal } from '@preact/signals'
import { count, formatDuration } from '../words/times.ts'
import { type Row, timeMarks } from './timeline.ts'
import type { TraceView } from './trace-view.ts'
import './steps-bar.css'

interface StepsBarProps {
  readonly rows: readonly Row[]
  /** How long the turn has taken so far. */
  readonly elapsed: ReadonlySignal<number> | undefined
  readonly view: TraceView
  /** The first failed step, with words for it and the number of all failed steps. */
  readonly failure:
    | { readonly row: Row; readonly words: string; readonly count: number; readonly isBad: boolean }
    | undefined
}

/** Shows the number of steps, the failures and the duration, and in the view of steps also search and filter. */
export function StepsBar({ rows, elapsed, view, failure }: StepsBarProps) {
  const steps = rows.filter(({ number }) => number > 0)
  const areAllOpen = rows.every(row => view.isOpen(row))
  return (
    <div class="steps-bar line">
      <p class="steps-sum">
        <strong>{count(steps.length, 'step')}</strong>
        {elapsed && <ElapsedTime elapsed={elapsed} />}
        {failure && ' · '}
        {failure && (
          <button
            type="button"
            class="link"
            data-bad={failure.isBad}
            onClick={() => view.seek(failure.row.number)}
          >
            {failure.count} failed: {failure.words}
          </button>
        )}
      </p>
      {view.view.value === 'steps' && (
        <>
          <input
            class="field"
            type="search"
            id="search-steps"
            placeholder="Search steps"
            aria-label="Search steps"
            value={view.query.value}
            onInput={({ currentTarget }) => {
              view.query.value = currentTarget.value
            }}
          />
          <label class="row toggle">
            <input
              type="checkbox"
              checked={view.failedOnly.value}
              onChange={({ currentTarget }) => {
                view.failedOnly.value = currentTarget.checked
              }}
            />
            Failed only
          </label>
        </>
      )}
      <button type="button" class="button quiet open-all" onClick={() => view.setAll(rows, !areAllOpen)}>
        {areAllOpen ? 'Close all' : 'Open all'}
      </button>
    </div>
  )
}

function ElapsedTime({ elapsed }: { readonly elapsed: ReadonlySignal<number> }) {
  return <span class="note"> · {formatDuration(elapsed.value)} so far</span>
}

/** The time scale above the bars. */
export function TimeAxis({ scaleMs }: { readonly scaleMs: number }) {
  return (
    <div class="axis fine" aria-hidden="true">
      <svg aria-hidden="true">
        {timeMarks(scaleMs).map(mark => (
          <text
            key={mark}
            x={`${(mark / scaleMs) * 100}%`}
            y="12"
            text-anchor={mark === 0 ? 'start' : 'middle'}
          >
            {mark === 0 ? '0' : formatMark(mark, scaleMs)}
          </text>
        ))}
        <text x="100%" y="12" text-anchor="end">
          {formatDuration(scaleMs)}
        </text>
      </svg>
      <b>took</b>
    </div>
  )
}

function formatMark(ms: number, scaleMs: number): string {
  return scaleMs >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Number(ms.toPrecision(2))} ms`
}
