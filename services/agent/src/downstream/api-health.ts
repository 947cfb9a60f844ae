import type { Send } from '@entra-bedrock-agent/service-kit/send'
import type { AgentIdentity } from '../identity/agent-identity.ts'
import type { DownstreamApi } from '../identity/downstream-api.ts'
import { HealthRecord } from '../status/health.ts'
import { explainThrown, unreadyApi } from './api-failures.ts'

const lookIsFreshForMs = 5_000
const maxBodyBytes = 256 * 1024
/** A `/readyz` of 200 does not clear these: only a call that succeeds does. */
const shownByCallsOnly = new Set<string | undefined>(['API_TOKEN_REJECTED', 'API_FORBIDDEN'])

/** What calls of APIs, and looks at their `/readyz`, have shown. */
export class ApiHealth {
  readonly #agents: readonly AgentIdentity[]
  readonly #apis: readonly DownstreamApi[]
  readonly #send: Send
  readonly #timeoutMs: number
  readonly #records = new Map<string, HealthRecord>()
  #lookedAtMs = Number.NEGATIVE_INFINITY

  constructor(
    agents: readonly AgentIdentity[],
    apis: readonly DownstreamApi[],
    send: Send,
    timeoutMs: number,
  ) {
    this.#agents = agents
    this.#apis = apis
    this.#send = send
    this.#timeoutMs = timeoutMs
  }

  /** One record for each agent: an API may refuse one of them and take another. */
  of({ name }: DownstreamApi, { clientId }: AgentIdentity): HealthRecord {
    const key = `${clientId} ${name}`
    const record = this.#records.get(key) ?? new HealthRecord()
    this.#records.set(key, record)
    return record
  }

  /** Looks at every API that tells its health, if the last look is old. Never throws. */
  async refresh(): Promise<void> {
    if (performance.now() - this.#lookedAtMs < lookIsFreshForMs) return
    this.#lookedAtMs = performance.now()
    await Promise.all(this.#apis.map(api => this.#lookAt(api)))
  }

  async #lookAt(api: DownstreamApi): Promise<void> {
    if (api.healthPath === undefined) return
    const ofAgents = this.#agents.map(agent => this.of(api, agent))
    try {
      const { status } = await this.#send({
        url: `${api.url}${api.healthPath}`,
        headers: { accept: 'application/json' },
        maxBytes: maxBodyBytes,
        timeoutMs: this.#timeoutMs,
      })
      for (const health of ofAgents) {
        if (status !== 200) health.fails(unreadyApi(api, status))
        else if (!shownByCallsOnly.has(health.current.problem?.code)) health.works()
      }
    } catch (error) {
      for (const health of ofAgents) health.fails(explainThrown(api, error))
    }
  }
}
