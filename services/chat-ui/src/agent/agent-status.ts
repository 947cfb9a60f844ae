import type { Status } from '@entra-agents/trace'
import { signal } from '@preact/signals'
import { readStatus } from './documents.ts'
import { PageError, type PageProblem } from './page-problem.ts'

/** The agent's status, as it was last read. */
export function createAgentStatus() {
  const status = signal<Status | undefined>(undefined)
  /** Why the agent's status could not be read. */
  const statusProblem = signal<PageProblem | undefined>(undefined)
  let [asked, shown] = [0, 0]
  const show = (request: number, read: Status | undefined, problem?: PageProblem) => {
    // The answer to an earlier request may come after that to a later one.
    if (request < shown) return
    shown = request
    status.value = read
    statusProblem.value = problem
  }
  return {
    status,
    statusProblem,
    async refreshStatus() {
      asked += 1
      const request = asked
      try {
        show(request, await readStatus())
      } catch (error) {
        if (!(error instanceof PageError)) throw error
        show(request, undefined, error.problem)
      }
    },
  }
}
