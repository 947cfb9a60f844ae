import { type ProblemError, proxyProblem } from '@entra-agents/service-kit'
import { createSender } from '@entra-agents/service-kit/send'
import type { Blueprint } from './agent-identity.ts'

const requestLimits = { timeoutMs: 2_000, maxBytes: 512 * 1024 }

/** Whether Entra responds to a request of this process; a ProblemError says what the forward proxy did with the request. */
export type EntraReachability = 'responds' | 'silent' | ProblemError

/** Asks Entra for its key set. What the agent cannot reach, the sidecar in its pod cannot reach either. */
export function createEntraReach({ authority, tenantId }: Blueprint) {
  const { send, close } = createSender({ connections: 4 })
  const url = `${authority}/${tenantId}/discovery/v2.0/keys`
  let looking: Promise<EntraReachability> | undefined

  async function lookNow(): Promise<EntraReachability> {
    try {
      const { status } = await send({ url, ...requestLimits })
      return status < 500 ? 'responds' : 'silent'
    } catch (error) {
      return proxyProblem(error, url) ?? 'silent'
    } finally {
      looking = undefined
    }
  }

  return {
    /** Joins a look that is under way. Never rejects. */
    look() {
      looking ??= lookNow()
      return looking
    },
    close,
  }
}
