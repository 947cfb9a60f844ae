import { getOrMake, HealthRecord } from '@entra-agents/service-kit'
import type { Send } from '@entra-agents/service-kit/send'
import type { AgentIdentity } from '../agent-identity.ts'
import type { DownstreamApi } from '../downstream-api.ts'
import { explainThrown, unreadyApiProblem } from './api-failures.ts'

export type ApiHealth = ReturnType<typeof createApiHealth>

const probeIsFreshForMs = 5_000
const maxBodyBytes = 256 * 1024
/** Problems that are cleared only by a call that succeeds, not by a `/readyz` of 200. */
const codesClearedByCallsOnly = new Set<string | undefined>(['API_TOKEN_REJECTED', 'API_FORBIDDEN'])

/** The health of APIs, as shown by calls of the APIs and by probes of their `/readyz`. */
export function createApiHealth(
  agents: readonly AgentIdentity[],
  apis: readonly DownstreamApi[],
  send: Send,
  timeoutMs: number,
) {
  const records = new Map<string, HealthRecord>()
  let probing: Promise<unknown> | undefined
  let probedAtMs = Number.NEGATIVE_INFINITY

  /**
   * One record for each agent: an API may refuse one agent and accept another. An API that is called with another right counts
   * as an API of its own.
   */
  function of({ name, scope }: DownstreamApi, { clientId }: AgentIdentity): HealthRecord {
    const key = JSON.stringify([clientId, name, scope])
    return getOrMake(records, key, () => new HealthRecord())
  }

  async function probe(api: DownstreamApi): Promise<void> {
    if (api.healthPath === undefined) return
    const ofAgents = agents.map(agent => of(api, agent))
    const url = `${api.url}${api.healthPath}`
    try {
      const { status } = await send({ url, maxBytes: maxBodyBytes, timeoutMs })
      for (const health of ofAgents) {
        if (status !== 200) health.fails(unreadyApiProblem(api, status))
        else if (!codesClearedByCallsOnly.has(health.current.problem?.code)) health.works()
      }
    } catch (error) {
      for (const health of ofAgents) health.fails(explainThrown(api, error))
    }
  }

  return {
    of,
    /** Probes every API that has a health check, if the last probe is old; waits for a probe under way. Never throws. */
    async refresh() {
      if (performance.now() - probedAtMs >= probeIsFreshForMs) {
        probedAtMs = performance.now()
        probing = Promise.all(apis.map(probe))
      }
      await probing
    },
  }
}
