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
