import type { TokenCard } from '@entra-agents/trace'
import { type Signal, signal } from '@preact/signals'
import { readStored, writeStored } from '../browser/stored.ts'
import type { Row } from './timeline.ts'
import { tokenKey } from './traced-answer.ts'

/** The views of a trace, in the order in which they are offered. */
export const views = [
  { value: 'steps', label: 'Steps' },
  { value: 'sequence', label: 'Sequence' },
  { value: 'compare', label: 'Compare' },
] as const

export type ViewName = (typeof views)[number]['value']

export function viewNamed(name: unknown): ViewName | undefined {
  return views.find(({ value }) => value === name)?.value
}

/** The state of the Identity Trace's display: the view, and the open steps and token. */
export class TraceView {
  readonly view: Signal<ViewName>
  readonly #isKept: boolean
  /** The ids of the rows that are not in their initial state, since the user opened or closed them. */
  readonly toggled: Signal<ReadonlySet<string>> = signal(new Set<string>())
  /** The key of the token whose card is open. */
  readonly openToken: Signal<string | undefined> = signal(undefined)
  /** The keys of two tokens that were chosen to be compared. */
  readonly compared: Signal<readonly string[]> = signal([])
  /** The search text for the steps. */
  readonly query = signal('')
  readonly failedOnly = signal(false)
  /** The number of the step at which the reader is; a link to the page opens this step again. */
  readonly current: Signal<number | undefined> = signal(undefined)
  /** The number of the step whose details stand beside the list, if there is room for them. */
  readonly chosen: Signal<number | undefined> = signal(undefined)
  /** The number of a step that a link or a sentence points to, until the step has been shown. */
  readonly sought: Signal<number | undefined> = signal(undefined)
  /** The number of the scene that the presenter shows, from 1; `undefined` while it is closed. */
  readonly scene: Signal<number | undefined> = signal(undefined)

  /** The answer that came in last, until its exchange has been played. */
  unplayed: object | undefined

  /** @param isKept whether the browser keeps which view is open */
  constructor(isKept = true) {
    this.#isKept = isKept
    this.view = signal((isKept && viewNamed(readStored('local', 'trace-view'))) || 'steps')
  }

  /** Whether this answer's exchange has still to be played; from then on it has been. */
  takeUnplayed(answer: object): boolean {
    const isUnplayed = this.unplayed === answer
    if (isUnplayed) this.unplayed = undefined
    return isUnplayed
  }

  keepView(): void {
    if (this.#isKept) writeStored('local', 'trace-view', this.view.value)
  }

  /** @param hasDrawer whether the details stand beside the list; then one step at a time has them */
  isOpen({ id, number, size, isOpenAtFirst }: Row, hasDrawer = false): boolean {
    if (hasDrawer && size === 0) return this.chosen.value === number
    return this.toggled.value.has(id) !== isOpenAtFirst
  }

  /** Opens a row, or closes it if it is open. */
  press(row: Row, hasDrawer: boolean): void {
    const { id, number, size } = row
    if (hasDrawer && size === 0) {
      this.chosen.value = this.chosen.value === number ? undefined : number
      return
    }
    const toggled = new Set(this.toggled.value)
    if (!toggled.delete(id)) toggled.add(id)
    this.toggled.value = toggled
    if (number > 0) this.current.value = number
  }

  setAll(rows: readonly Row[], isOpen: boolean): void {
    this.toggled.value = new Set(rows.filter(row => row.isOpenAtFirst !== isOpen).map(({ id }) => id))
  }

  /** Opens a row and the rows above it. */
  open(row: Row, rows: readonly Row[], hasDrawer: boolean): void {
    if (!this.isOpen(row, hasDrawer)) this.press(row, hasDrawer)
    const parent = rows.find(({ id }) => id === row.parent)
    if (parent) this.open(parent, rows, hasDrawer)
  }

  /** Shows a step in the open view, or in the view `steps` if tokens are compared. */
  seek(number: number): void {
    if (this.view.value === 'compare') this.view.value = 'steps'
    this.sought.value = number
  }

  /** Shows the card of a token, or closes the card if it is open already. */
  toggleToken(card: TokenCard): void {
    const key = tokenKey(card)
    this.openToken.value = this.openToken.value === key ? undefined : key
  }

  showToken(card: TokenCard): void {
    this.view.value = 'steps'
    this.openToken.value = tokenKey(card)
  }
}
