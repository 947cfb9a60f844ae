import {
  type ComponentHealth,
  combineHealth,
  getOrMake,
  HealthRecord,
  type ProblemError,
} from '@entra-agents/service-kit'
import { type Flow, mapFlows } from '@entra-agents/trace'
import type { AgentIdentity } from './agent-identity.ts'
import { identityProblem } from './problems.ts'
import type { TokenRequest } from './token-source.ts'

/** Problems of the sidecar itself, not of what it reports. */
const sidecarCauses = new Set([
  'SIDECAR_UNREACHABLE',
  'SIDECAR_REFUSED_CALLER',
  'SIDECAR_MISCONFIGURED',
  'SIDECAR_FAILED',
  'AGENT_IDENTITY_NOT_HONOURED',
  'TOKEN_FLOW_MISMATCH',
])
/** Problems that affect all agents, flows and APIs. */
const sharedCauses = new Set<string | undefined>([
  'SIDECAR_UNREACHABLE',
  'SIDECAR_REFUSED_CALLER',
  'SIDECAR_FAILED',
  'BLUEPRINT_CREDENTIAL_REJECTED',
  'FEDERATION_MISMATCH',
  'ENTRA_UNAVAILABLE',
])
/** After this many failures in a row, each after a retry, the fault is not transient. */
const failuresOfPoisonedCredential = 2

/** The agent, flow and API that a token was requested for. */
type RequestedToken = Pick<TokenRequest, 'agent' | 'flow' | 'api'>

/** The health of the agents' identities, from the outcome of each token request and probe. */
export class IdentityHealthRecord {
  readonly #sidecar = new HealthRecord()
  readonly #agents: readonly AgentIdentity[]
  /** For each agent and flow, a record for each API by its name. */
  readonly #records = new Map<string, Map<string, HealthRecord>>()
  #failuresInARow = 0
  /** When the last failure was counted, by the clock of `performance.now()`. */
  #countedMs = Number.NEGATIVE_INFINITY

  constructor(agents: readonly AgentIdentity[]) {
    this.#agents = agents
  }

  get current() {
    return {
      sidecar: this.#sidecar.current,
      flowsOf: (agent: AgentIdentity) => mapFlows(flow => this.#healthOf(agent, flow)),
      /** Set if only a restart of the sidecar helps, since it seems to have marked its credential as unusable. */
      sidecarNeedsRestart: this.#needsRestart ? this.#sidecar.current.problem : undefined,
    }
  }

  get #needsRestart(): boolean {
    return this.#failuresInARow >= failuresOfPoisonedCredential
  }

  tokenObtained(asked: RequestedToken): void {
    this.#failuresInARow = 0
    this.#sidecar.works()
    this.#recordOf(asked).works()
    for (const record of [...this.#records.values()].flatMap(ofApis => [...ofApis.values()])) {
      if (sharedCauses.has(record.current.problem?.code)) record.forget()
    }
  }

  /** @param askedMs when the token was asked for, by the clock of `performance.now()` */
  tokenFailed(asked: RequestedToken, failure: ProblemError, askedMs: number): void {
    const { api } = asked
    this.#count(failure, askedMs)
    const shown = this.#needsRestart ? poisonedCredentialProblem(failure) : failure
    if (api.isOptional && !sharedCauses.has(shown.code)) return
    if (sidecarCauses.has(shown.code)) this.#sidecar.fails(shown)
    else this.#sidecar.works()
    // 401 and 403 are about one user; for the next user the flow may well work.
    if (shown.kind.status < 500) return
    this.#recordOf(asked).fails(shown)
    if (!sharedCauses.has(shown.code)) return
    for (const agent of this.#agents) {
      for (const flow of agent.flows) this.#recordOf({ agent, flow, api }).fails(shown)
    }
  }

  /** Counts a failure. Concurrent requests may fail for the same transient reason, so they count once. */
  #count({ code }: ProblemError, askedMs: number): void {
    if (code !== 'SIDECAR_FAILED') {
      this.#failuresInARow = 0
    } else if (askedMs >= this.#countedMs) {
      this.#failuresInARow += 1
      this.#countedMs = performance.now()
    }
  }

  #healthOf(agent: AgentIdentity, flow: Flow): ComponentHealth {
    return combineHealth([...this.#recordsOf(agent, flow).values()].map(({ current }) => current))
  }

  #recordOf({ agent, flow, api }: RequestedToken): HealthRecord {
    return getOrMake(this.#recordsOf(agent, flow), api.name, () => new HealthRecord())
  }

  #recordsOf({ clientId }: AgentIdentity, flow: Flow): Map<string, HealthRecord> {
    return getOrMake(this.#records, JSON.stringify([clientId, flow]), () => new Map())
  }
}

/**
 * When a credential fails to load once, the sidecar marks this credential as unusable and never tries it again,
 * while its `/healthz` stays Healthy: only a restart helps.
 */
function poisonedCredentialProblem(failure: ProblemError): ProblemError {
  return identityProblem('SIDECAR_FAILED', 'The sidecar runs, but every token request fails.', {
    ...failure.options,
    hint: 'If Entra is within its reach, restart the sidecar: a credential that it could not load once (such as a token file that was not there yet) is never tried again.',
  })
}
