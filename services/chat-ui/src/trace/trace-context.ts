import type { Names } from './names.ts'

/** What all parts of a trace need to know to show themselves. */
export interface TraceContext {
  readonly names: Names
  readonly showPersonal: boolean
  /** The turn goes on, so a step that has not ended may still do so. */
  readonly running: boolean
  readonly now: Date
}
