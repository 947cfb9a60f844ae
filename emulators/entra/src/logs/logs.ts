import type { DirectoryAudit } from './directory-audit.ts'
import type { SignIn } from './sign-in.ts'

/** The tenant's sign-in and audit logs. Entra's own are minutes late; these are not. */
export class Logs {
  /** One for each token request, refused ones too. */
  readonly signIns = new LatestRows<SignIn>()
  /** One for each change of the directory, and for each that was refused. */
  readonly audits = new LatestRows<DirectoryAudit>()

  clear(): void {
    this.signIns.clear()
    this.audits.clear()
  }
}

/** The latest rows of a log, the oldest first. */
export class LatestRows<Row> {
  readonly #rows: Row[] = []
  readonly #most: number

  constructor(most = 2_000) {
    this.#most = most
  }

  get all(): readonly Row[] {
    return this.#rows
  }

  add(row: Row): void {
    this.#rows.push(row)
    if (this.#rows.length > this.#most) this.#rows.shift()
  }

  clear(): void {
    this.#rows.length = 0
  }
}
