import { type Signal, signal } from '@preact/signals'
import { readStored, writeStored } from '../browser/stored.ts'
import type { Row } from './timeline.ts'

export type View = 'sequence' | 'steps' | 'compare'

export const views: readonly View[] = ['sequence', 'steps', 'compare']

/** How the Identity Trace is looked at: which view, which steps are open, whether it is redacted. */
export class TraceView {
  readonly view: Signal<View>
  /** Personal data and tenant are hidden until asked for, and again after a reload. */
  readonly revealed = signal(false)
  /** The ids of the steps whose details are shown. */
  readonly open: Signal<ReadonlySet<string>> = signal(new Set<string>())
  /** The number of the step at which the reader is; a link to the page leads back to it. */
  readonly current: Signal<number | undefined> = signal(undefined)
  /** The number of a step that a link or a sentence leads to, until it has been shown. */
  readonly sought: Signal<number | undefined> = signal(undefined)

  constructor() {
    const stored = readStored('local', 'trace-view')
    this.view = signal(views.find(view => view === stored) ?? 'sequence')
  }

  keepView(): void {
    writeStored('local', 'trace-view', this.view.value)
  }

  toggle({ step, number }: Row): void {
    const open = new Set(this.open.value)
    if (!open.delete(step.id)) open.add(step.id)
    this.open.value = open
    this.current.value = number
  }

  openAll(ids: readonly string[]): void {
    this.open.value = new Set([...this.open.value, ...ids])
  }

  closeAll(): void {
    this.open.value = new Set()
  }

  /** Leads to a step, from wherever the reader is. */
  seek(number: number): void {
    if (this.view.value === 'compare') this.view.value = 'steps'
    this.sought.value = number
  }
}
