import { type ReadonlySignal, useComputed } from '@preact/signals'
import { Fragment, type RefObject } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { useNow } from '../browser/now.ts'
import { toggle } from '../browser/set.ts'
import { useShownParts } from '../browser/shown-parts.ts'
import { useCopy } from '../controls/copy-button.tsx'
import { useKeys } from '../keys/use-keys.ts'
import { asCurl } from './as-curl.ts'
import { EntraLink } from './log-links.tsx'
import { redactorFor } from './redactor.ts'
import { tellRow } from './row-words.ts'
import { type Hop, isRow, rowsOfSequence, withMessages } from './sequence.ts'
import { LaneHeads, LaneLines, MessageItem } from './sequence-picture.tsx'
import { failedRows } from './step-failures.ts'
import { StepItem } from './step-item.tsx'
import { StepsHead } from './steps-head.tsx'
import { ScaleContext, TimeAxis } from './time-bar.tsx'
import { elapsedMs, lanesOf, type Row, toTimeline } from './timeline.ts'
import { type ShownTrace, useTrace } from './trace-context.ts'
import { lastTokenRequest } from './turn-facts.ts'
import '../styles/steps.css'

/** The steps as bars on a scale of time, or as arrows between lanes; details open in place. Give each view its own `key`. */
export function StepList() {
  const trace = useTrace()
  const { facts, totalMs, view, names, links, hasDrawer, clockAheadMs } = trace
  const { steps, running } = facts
  const timeline = useMemo(() => toTimeline(steps, totalMs), [steps, totalMs])
  const isSequence = view.view.value === 'sequence'
  const lanes = lanesOf(steps, names.actors)
  const failed = useMemo(() => failedRows(timeline), [timeline])
  const list = useRef<HTMLOListElement>(null)
  const rowsShown = isSequence
    ? rowsOfSequence(timeline.rows, row => view.isOpen(row))
    : rowsOfList(timeline.rows, failed, trace)
  const all: readonly Hop[] = isSequence ? withMessages(rowsShown) : rowsShown
  const { parts, showLast } = useShownParts(
    all,
    list,
    hop => isRow(hop) && hop.number > 0 && [view.current.value, view.sought.value].includes(hop.number),
  )
  const rows = all.filter(isRow)
  const current = rows.find(({ number }) => number === view.current.value) ?? rows[0]
  const now = useNow(100, running)
  const elapsed = useComputed(() => elapsedMs(timeline, now.value + clockAheadMs))
  // The scale is doubled when it gets too short, so that the bars do not move all the time.
  const growing = useComputed(() => 2 ** Math.ceil(Math.log2(elapsed.value)))
  const lengthMs = running && !isSequence ? growing.value : timeline.lengthMs
  const scale = useMemo(() => ({ lengthMs, waits: timeline.waits }), [lengthMs, timeline])
  useSought(timeline.rows, trace, list)
  const copied = useStepKeys(timeline.rows, trace, list)
  return (
    <section
      class="card frame steps-card"
      aria-label={isSequence ? 'Sequence' : 'Steps'}
      data-view={view.view.value}
      onKeyDown={event => {
        if (!(event.target instanceof HTMLElement && event.target.matches('.step'))) return
        if (event.key === 'Escape' && current?.size === 0 && view.isOpen(current, hasDrawer)) {
          event.stopPropagation()
          view.press(current, hasDrawer)
        } else if (event.key === 'End' && !parts.at(-1)?.isDrawn) {
          showLast()
          requestAnimationFrame(() => moveFocus(event, list))
          event.preventDefault()
        } else if (moveFocus(event, list)) event.preventDefault()
      }}
    >
      {isSequence ? (
        <LaneHeads lanes={lanes} />
      ) : (
        <>
          <StepsHead
            timeline={timeline}
            elapsed={running ? elapsed : undefined}
            failed={failed}
            note={copied}
          />
          <TimeAxis scale={scale} />
        </>
      )}
      <div class="relative">
        {isSequence && <LaneLines lanes={lanes} />}
        <ScaleContext.Provider value={scale}>
          <ol class="steps" ref={list} aria-label="Steps">
            {parts.map(({ index: part, first, items, isDrawn }) => (
              <Fragment key={part}>
                {isDrawn ? (
                  items.map((hop, index) =>
                    isRow(hop) ? (
                      <StepItem
                        key={hop.id}
                        row={hop}
                        lanes={isSequence ? lanes.join() : undefined}
                        edge={unseenEdge(all, first + index)}
                        isOpen={view.isOpen(hop, hasDrawer)}
                        isCurrent={hop === current}
                      />
                    ) : (
                      <MessageItem key={hop.id} lanes={lanes} message={hop} />
                    ),
                  )
                ) : (
                  <li data-part={part} aria-hidden="true">
                    <svg class="grid" height={items.length * rowHeight} aria-hidden="true" />
                  </li>
                )}
              </Fragment>
            ))}
          </ol>
        </ScaleContext.Provider>
        {rows.length === 0 && <p class="note steps-head line">No step matches.</p>}
      </div>
      {isSequence && rows.some(isUnseen) && (
        <p class="legend fine rule pad">
          <i class="dashes" aria-hidden="true" />
          The agent did not see the framed part: it is drawn from the protocol.{' '}
          <EntraLink links={links} request={lastTokenRequest(facts)} />
        </p>
      )}
    </section>
  )
}

/** All rows that are not folded away or, during a search, all rows that match, folded or not. */
function rowsOfList(
  rows: readonly Row[],
  failed: readonly Row[],
  { view, facts, names }: ShownTrace,
): readonly Row[] {
  const query = view.query.value.trim().toLowerCase()
  const found = view.failedOnly.value ? failed : rows
  if (query !== '' || view.failedOnly.value)
    return found.filter(row => {
      const { title, where } = tellRow(row, facts.flow, names)
      return `${title} ${where}`.toLowerCase().includes(query)
    })
  const open = new Set<string | undefined>([undefined])
  return rows.filter(row => {
    if (!open.has(row.parent)) return false
    if (row.size > 0 && view.isOpen(row)) open.add(row.id)
    return true
  })
}

function isUnseen(hop: Hop | undefined): boolean {
  return (
    hop !== undefined && isRow(hop) && hop.step.status === 'not-observable' && hop.step.kind !== 'consent'
  )
}

/** Whether a row is the first or last of adjacent rows whose hops nobody saw: they share a frame. */
function unseenEdge(hops: readonly Hop[], index: number): string | undefined {
  if (!isUnseen(hops[index])) return undefined
  return `${isUnseen(hops[index - 1]) ? '' : 'first'} ${isUnseen(hops[index + 1]) ? '' : 'last'}`
}

/** Shows the step that a link or a sentence points to, as soon as the step has come. */
function useSought(
  rows: readonly Row[],
  { view, hasDrawer }: ShownTrace,
  list: RefObject<HTMLOListElement | null>,
): void {
  const sought = view.sought.value
  const row = rows.find(({ number }) => number === sought)
  useEffect(() => {
    if (!row) return
    view.query.value = ''
    view.failedOnly.value = false
    view.open(row, rows, hasDrawer)
    view.current.value = row.number
    const button = list.current?.querySelector<HTMLElement>(`#step-${row.number}`)
    if (!button) return
    view.sought.value = undefined
    button.focus({ preventScroll: true })
    button.scrollIntoView({ block: 'start' })
  })
}

/** Acts on the keys of the steps. Returns what the last one did, for two seconds. */
function useStepKeys(
  rows: readonly Row[],
  { view, known }: ShownTrace,
  list: RefObject<HTMLOListElement | null>,
): ReadonlySignal<string> {
  const { copied, copy } = useCopy()
  const keys = {
    j: () => void moveFocus({ key: 'ArrowDown' }, list),
    k: () => void moveFocus({ key: 'ArrowUp' }, list),
    ']': () => view.setAll(rows, true),
    '[': () => view.setAll(rows, false),
    f: () => toggle(view.failedOnly),
    '/': () => list.current?.closest('.steps-card')?.querySelector<HTMLElement>('[type=search]')?.focus(),
    y: () => {
      const row = rows.find(({ number }) => number === view.current.value)
      const command = row && redactorFor(known()).steps([row.step]).map(asCurl)[0]
      if (command !== undefined) copy(command, `Step ${row?.number} copied as curl`)
    },
  }
  useKeys(keys, list)
  return copied
}

/** The height of a row, in pixels, where it stands for rows that are not drawn yet. */
const rowHeight = 36

type Move = (rows: readonly HTMLElement[], at: number) => HTMLElement | undefined

const focusMoves: ReadonlyMap<string, Move> = new Map<string, Move>([
  ['ArrowDown', (rows, at) => rows[at + 1]],
  ['ArrowUp', (rows, at) => rows[at - 1]],
  ['Home', rows => rows[0]],
  ['End', rows => rows.at(-1)],
])

/** Moves the focus from the current step; returns `false` for a key that moves nothing. */
function moveFocus({ key }: Pick<KeyboardEvent, 'key'>, list: RefObject<HTMLOListElement | null>): boolean {
  const move = focusMoves.get(key)
  const rows = [...(list.current?.querySelectorAll<HTMLElement>('.step') ?? [])]
  const at = rows.findIndex(row => row.tabIndex === 0)
  move?.(rows, at)?.focus()
  return move !== undefined
}
