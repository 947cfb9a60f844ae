import type { Status } from '@entra-agents/trace'
import { signal } from '@preact/signals'
import { readStatus } from './documents.ts'
import { type PageProblem, problemOf } from './page-problem.ts'

/** The agent's status, as it was last read. */
export function createAgentStatus() {
  const status = signal<Status | undefined>(undefined)
  /** Why the agent's status could not be read. */
  const statusProblem = signal<PageProblem | undefined>(undefined)
  let [asked, shown] = [0, 0]
  return {
    status,
    statusProblem,
    async refreshStatus() {
      asked += 1
      const request = asked
      const reading = readStatus()
      const problem = await problemOf(reading)
      // The answer to an earlier request may come after that to a later one.
      if (request < shown) return
      shown = request
      status.value = problem ? undefined : await reading
      statusProblem.value = problem
    },
  }
}
