import { LatestRows } from '@entra-agents/emulator-kit'
import type { DirectoryAudit } from './directory-audit.ts'
import type { SignIn } from './sign-in.ts'

const mostRows = 2_000

/** The tenant's sign-in and audit logs. Entra's own are minutes late; these are not. */
export class Logs {
  /** One for each token request, refused ones too. */
  readonly signIns = new LatestRows<SignIn>(mostRows)
  /** One for each change of the directory, and for each that was refused. */
  readonly audits = new LatestRows<DirectoryAudit>(mostRows)

  clear(): void {
    this.signIns.clear()
    this.audits.clear()
  }
}
