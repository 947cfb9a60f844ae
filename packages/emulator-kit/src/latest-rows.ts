/** The latest rows of a log, the oldest first. */
export class LatestRows<Row> {
  #rows: readonly Row[] = []
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get all(): readonly Row[] {
    return this.#rows
  }

  add(row: Row): void {
    this.#rows = [...this.#rows, row].slice(-this.#most)
  }

  clear(): void {
    this.#rows = []
  }
}

/** Rows as lines of JSON (https://github.com/ndjson/ndjson-spec). */
export const toNdjson = (rows: readonly object[]) => rows.map(row => `${JSON.stringify(row)}\n`).join('')
