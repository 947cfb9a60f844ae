import type { ReadonlySignal } from '@preact/signals'
import { set, toggle } from '../browser/set.ts'
import { Button } from '../controls/button.tsx'
import { toReader } from '../words/reader.ts'
import { count, formatClock, formatDuration } from '../words/times.ts'
import { tellStep, tellTool } from './step-words.ts'
import type { Row, Timeline } from './timeline.ts'
import { type ShownTrace, useTrace } from './trace-context.ts'

interface StepsHeadProps {
  readonly timeline: Timeline
  /** How long the turn has taken, while it runs. */
  readonly elapsed: ReadonlySignal<number> | undefined
  readonly failed: readonly Row[]
  /** What a key has just done. */
  readonly note: ReadonlySignal<string>
}

/** The number of steps, the time that they took, the failures, the search and the filter. */
export function StepsHead({ timeline, elapsed, failed, note }: StepsHeadProps) {
  const trace = useTrace()
  const { view, names } = trace
  const { rows, lengthMs, waitedMs } = timeline
  const { query, failedOnly } = view
  const [first] = failed
  const isDenied = first?.step.response?.status === 401 || first?.step.response?.status === 403
  return (
    <header class="steps-head line under t2">
      <b>{count(rows.filter(({ number }) => number > 0).length, 'step')}</b>
      <p class="soft nums">
        {elapsed ? <Elapsed elapsed={elapsed} /> : formatDuration(lengthMs)}
        {waitedMs > 0 &&
          ` and ${formatClock(Math.round(waitedMs / 1000))} waiting for ${toReader('you', names)}`}
        {first ? (
          <>
            {' · '}
            <Button class="link" data-bad="true" onClick={() => view.seek(first.number)}>
              <b>
                {failed.length} {isDenied ? 'denied' : 'failed'}
              </b>
              <span class="visually-hidden">: {tellFailure(first, rows, trace)}</span>
            </Button>
          </>
        ) : (
          !elapsed && rows.every(({ step }) => !step.problem) && ' · none failed'
        )}
      </p>
      <span class="note" role="status">
        {note}
      </span>
      <span class="row end">
        <input
          class="field"
          type="search"
          id="search-steps"
          placeholder="Search  /"
          aria-label="Search steps"
          value={query.value}
          onInput={({ currentTarget }) => set(query, currentTarget.value)}
        />
        <Button class="button quiet" aria-pressed={failedOnly.value} onClick={() => toggle(failedOnly)}>
          Failed only
        </Button>
      </span>
    </header>
  )
}

function Elapsed({ elapsed }: { readonly elapsed: ReadonlySignal<number> }) {
  return <>{formatDuration(elapsed.value)} so far</>
}

/** A failed call in words, by its tool. */
function tellFailure(failed: Row, rows: readonly Row[], { facts, names }: ShownTrace): string {
  const owner = rows.find(({ id }) => id === failed.parent) ?? failed
  const { tool } = owner.step
  const title = tool ? tellTool(tool) : tellStep(owner.step, facts.flow, names).title
  return [title, failed.step.response?.status].filter(Boolean).join(', ')
}
