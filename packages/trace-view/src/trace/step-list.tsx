import type { Flow, TraceStep } from '@entra-agents/trace'
import { type ReadonlySignal, useComputed, useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { useNow } from '../browser/now.ts'
import { toggle } from '../browser/set.ts'
import { useShownParts } from '../browser/shown-parts.ts'
import { useKeys } from '../keys/use-keys.ts'
import type { Names } from '../words/names.ts'
import { asCurl } from './as-curl.ts'
import { EntraLink, type LogLinks } from './log-links.tsx'
import type { Redactor } from './redactor.ts'
import { tellRow } from './row-words.ts'
import { type Hop, isRow, rowsOfSequence, withMessages } from './sequence.ts'
import { LaneHeads, LaneLines, MessageItem } from './sequence-picture.tsx'
import { failedRows } from './step-failures.ts'
import { StepItem } from './step-item.tsx'
import { StepsHead } from './steps-head.tsx'
import { ScaleContext, TimeAxis } from './time-bar.tsx'
import { elapsedMs, lanesOf, type Row, toTimeline } from './timeline.ts'
import type { TokenContext } from './token-card.tsx'
import type { TraceView } from './trace-view.ts'
import { lastTokenRequest, type TurnFacts } from './turn-facts.ts'
import '../styles/steps.css'

/** What the list of steps and the details beside it are drawn from. */
export interface StepsProps {
  readonly facts: TurnFacts
  /** How long the turn took. */
  readonly totalMs: number | undefined
  readonly view: TraceView
  readonly context: TokenContext
  readonly links: LogLinks
  /** Hides personal data in what is copied. */
  readonly redactor: () => Redactor
}

interface StepListProps extends StepsProps {
  /** Whether there is room for the details of a step beside the list. */
  readonly hasDrawer: boolean
}

/** The steps as bars on a scale of time, or as arrows between lanes; details open in place. Give each view its own `key`. */
export function StepList({ totalMs, facts, view, context, links, redactor, hasDrawer }: StepListProps) {
  const { steps, flow, running, asked } = facts
  const { names } = context
  const timeline = useMemo(() => toTimeline(steps, totalMs), [steps, totalMs])
  const isSequence = view.view.value === 'sequence'
  const lanes = lanesOf(steps, names.actors)
  const stepsById = useMemo(() => new Map(steps.map(step => [step.id, step])), [steps])
  const failed = useMemo(() => failedRows(timeline), [timeline])
  const list = useRef<HTMLOListElement>(null)
  const rowsShown = isSequence
    ? rowsOfSequence(timeline.rows, row => view.isOpen(row))
    : rowsOfList(timeline.rows, failed, view, flow, names)
  const all: readonly Hop[] = isSequence ? withMessages(rowsShown) : rowsShown
  const { parts, showLast } = useShownParts(
    all,
    list,
    hop => isRow(hop) && hop.number > 0 && [view.current.value, view.sought.value].includes(hop.number),
  )
  const rows = all.filter(isRow)
  const current = rows.find(({ number }) => number === view.current.value) ?? rows[0]
  const now = useNow(100, running)
  const elapsed = useComputed(() => elapsedMs(timeline, now.value + context.clockAheadMs))
  // The scale is doubled when it gets too short, so that the bars do not move all the time.
  const growing = useComputed(() => 2 ** Math.ceil(Math.log2(elapsed.value)))
  const lengthMs = running && !isSequence ? growing.value : timeline.lengthMs
  const scale = useMemo(() => ({ lengthMs, waits: timeline.waits }), [lengthMs, timeline])
  // Unfinished steps with this status may still end; all other unfinished steps are drawn as stopped.
  const openStatus = running ? 'running' : asked?.isOpen ? 'waiting' : undefined
  useSought(view, timeline.rows, hasDrawer, list)
  const copied = useStepKeys(view, timeline.rows, list, redactor)
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
        <LaneHeads lanes={lanes} names={names} />
      ) : (
        <>
          <StepsHead
            timeline={timeline}
            elapsed={running ? elapsed : undefined}
            view={view}
            failed={failed}
            flow={flow}
            names={names}
            note={copied}
          />
          <TimeAxis scale={scale} />
        </>
      )}
      <div class="hops">
        {isSequence && <LaneLines lanes={lanes} />}
        <ScaleContext.Provider value={scale}>
          <ol class="steps" ref={list} aria-label="Steps">
            {parts.map(({ index: part, first, items, isDrawn }) =>
              isDrawn ? (
                items.map((hop, index) =>
                  isRow(hop) ? (
                    <StepItem
                      key={hop.id}
                      {...hop}
                      lanes={isSequence ? lanes.join() : undefined}
                      edge={unseenEdge(all, first + index)}
                      isOpen={view.isOpen(hop, hasDrawer)}
                      isCurrent={hop === current}
                      hasDrawer={hasDrawer}
                      running={hop.step.status === openStatus}
                      origin={originOf(hop.step, stepsById)}
                      flow={flow}
                      view={view}
                      links={links}
                      redactor={redactor}
                      {...context}
                    />
                  ) : (
                    <MessageItem key={hop.id} lanes={lanes} message={hop} names={names} />
                  ),
                )
              ) : (
                <li key={`part-${part}`} data-part={part} aria-hidden="true">
                  <svg class="steps-gap" height={items.length * rowHeight} aria-hidden="true" />
                </li>
              ),
            )}
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

/** The request behind a hop that nobody saw, the call behind a check; of other steps the step itself. */
export function originOf(step: TraceStep, steps: ReadonlyMap<string, TraceStep>): TraceStep | undefined {
  const isPart = step.status === 'not-observable' || step.kind === 'validation'
  return isPart ? steps.get(step.parentId ?? '') : step
}

/** All rows that are not folded away or, during a search, all rows that match, folded or not. */
function rowsOfList(
  rows: readonly Row[],
  failed: readonly Row[],
  view: TraceView,
  flow: Flow,
  names: Names,
): readonly Row[] {
  const query = view.query.value.trim().toLowerCase()
  const found = view.failedOnly.value ? failed : rows
  if (query === '' && view.failedOnly.value) return failed
  if (query !== '')
    return found.filter(row => {
      const { title, where } = tellRow({ ...row, flow, names })
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
  view: TraceView,
  rows: readonly Row[],
  hasDrawer: boolean,
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
  view: TraceView,
  rows: readonly Row[],
  list: RefObject<HTMLOListElement | null>,
  redactor: () => Redactor,
): ReadonlySignal<string> {
  const copied = useSignal('')
  const move = (key: string) => () => void moveFocus({ key }, list)
  const keys = {
    j: move('j'),
    k: move('k'),
    ']': () => view.setAll(rows, true),
    '[': () => view.setAll(rows, false),
    f: () => toggle(view.failedOnly),
    '/': () => list.current?.closest('.steps-card')?.querySelector<HTMLElement>('[type=search]')?.focus(),
    y: () => {
      const row = rows.find(({ number }) => number === view.current.value)
      const command = row && redactor().steps([row.step]).map(asCurl)[0]
      if (command === undefined) return
      void navigator.clipboard?.writeText(command).then(
        () => {
          copied.value = `Step ${row?.number} copied as curl`
          setTimeout(() => {
            copied.value = ''
          }, confirmedForMs)
        },
        () => {},
      )
    },
  }
  useKeys(keys, list)
  return copied
}

const confirmedForMs = 2_000

/** The height of a row, in pixels, where it stands for rows that are not drawn yet. */
const rowHeight = 36

type Move = (rows: readonly HTMLElement[], at: number) => HTMLElement | undefined

const focusMoves: ReadonlyMap<string, Move> = new Map<string, Move>([
  ['ArrowDown', (rows, at) => rows[at + 1]],
  ['j', (rows, at) => rows[at + 1]],
  ['ArrowUp', (rows, at) => rows[at - 1]],
  ['k', (rows, at) => rows[at - 1]],
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
