import { useMemo } from 'preact/hooks'
import { IconButton } from '../controls/icon-button.tsx'
import { tellRow } from './row-words.ts'
import { StepDetails } from './step-details.tsx'
import { toTimeline } from './timeline.ts'
import { useTrace } from './trace-context.ts'

/** The details of the chosen step beside the list, in windows that have room for it. */
export function StepDrawer() {
  const { totalMs, facts, view, names } = useTrace()
  const timeline = useMemo(() => toTimeline(facts.steps, totalMs), [facts, totalMs])
  const rows = timeline.rows.filter(({ size }) => size === 0)
  const at = rows.findIndex(({ number }) => number === view.chosen.value)
  const row = rows[at]
  if (!row) return null
  const { title } = tellRow(row, facts.flow, names)
  const close = () => {
    view.chosen.value = undefined
    document.getElementById(`step-${row.number}`)?.focus()
  }
  const go = (to: number) => {
    const next = rows[to]
    if (!next) return
    view.open(next, timeline.rows, true)
    view.current.value = next.number
  }
  return (
    <aside
      class="drawer stack t2"
      id="step-drawer"
      aria-label={`Step ${row.number}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1)
      tabIndex={0}
      onKeyDown={event => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        close()
      }}
    >
      <header class="line">
        <h2 class="t4" dir="auto">
          {title}
        </h2>
        <span class="row end">
          <IconButton icon="up" label="Previous step" onClick={() => go(at - 1)} />
          <IconButton icon="below" label="Next step" onClick={() => go(at + 1)} />
          <IconButton icon="close" label="Close" onClick={close} />
        </span>
      </header>
      <StepDetails row={row} />
    </aside>
  )
}
