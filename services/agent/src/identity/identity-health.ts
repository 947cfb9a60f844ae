import type { Flow } from '@entra-bedrock-agent/identity-trace'
import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { problem } from '../problems.ts'
import { type ComponentHealth, combineHealth, HealthRecord } from '../status/health.ts'
import type { DownstreamApi } from './downstream-api.ts'

/** How the agent's identity fares, as seen by the last real token requests and looks at the sidecar. */
export interface IdentityHealth {
  readonly sidecar: ComponentHealth
  readonly flows: Readonly<Record<Flow, ComponentHealth>>
  /** Why only a restart of the sidecar helps: its credential is poisoned, as far as can be seen from outside. */
  readonly sidecarNeedsRestart: ProblemError | undefined
}

/** What is wrong with the sidecar itself; anything else it reports faithfully. */
const sidecarCauses = new Set([
  'SIDECAR_UNREACHABLE',
  'SIDECAR_REFUSED_CALLER',
  'SIDECAR_MISCONFIGURED',
  'SIDECAR_FAILED',
  'AGENT_IDENTITY_NOT_HONOURED',
  'TOKEN_FLOW_MISMATCH',
])
/** What stops every flow and API alike, whichever showed it. */
const sharedCauses = new Set<string | undefined>([
  'SIDECAR_UNREACHABLE',
  'SIDECAR_REFUSED_CALLER',
  'SIDECAR_FAILED',
  'BLUEPRINT_CREDENTIAL_REJECTED',
  'FEDERATION_MISMATCH',
  'ENTRA_UNAVAILABLE',
])
const flowNames: readonly Flow[] = ['autonomous', 'obo']
/** So many failures in a row, each of a request that was already tried twice, are not a passing fault. */
const failuresOfPoisonedCredential = 2

/** Draws the conclusions from each token request. */
export class IdentityHealthRecord {
  readonly #sidecar = new HealthRecord()
  /** For each flow, a record for each API by its name. */
  readonly #flows = { autonomous: new Map<string, HealthRecord>(), obo: new Map<string, HealthRecord>() }
  #failuresInARow = 0
  /** When the last of them was counted, as of `performance.now()`. */
  #countedMs = Number.NEGATIVE_INFINITY

  get current(): IdentityHealth {
    return {
      sidecar: this.#sidecar.current,
      flows: { autonomous: this.#healthOf('autonomous'), obo: this.#healthOf('obo') },
      sidecarNeedsRestart: this.#needsRestart ? this.#sidecar.current.problem : undefined,
    }
  }

  get #needsRestart(): boolean {
    return this.#failuresInARow >= failuresOfPoisonedCredential
  }

  tokenObtained(flow: Flow, api: DownstreamApi): void {
    this.#failuresInARow = 0
    this.#sidecar.works()
    this.#recordOf(flow, api).works()
    for (const record of this.#records()) {
      if (sharedCauses.has(record.current.problem?.code)) record.forget()
    }
  }

  /** @param askedMs when the token was asked for, as of `performance.now()` */
  tokenFailed(flow: Flow, api: DownstreamApi, failure: ProblemError, askedMs: number): void {
    this.#count(failure, askedMs)
    const shown = this.#needsRestart ? poisoned(failure) : failure
    if (api.isOptional && !sharedCauses.has(shown.code)) return
    if (sidecarCauses.has(shown.code)) this.#sidecar.fails(shown)
    else this.#sidecar.works()
    // 401 and 403 are about one user; for the next one the flow may well work.
    if (shown.kind.status < 500) return
    this.#recordOf(flow, api).fails(shown)
    if (sharedCauses.has(shown.code)) {
      for (const other of flowNames) this.#recordOf(other, api).fails(shown)
    }
  }

  /** Requests that were under way together may have met the same passing fault, so they count once. */
  #count({ code }: ProblemError, askedMs: number): void {
    if (code !== 'SIDECAR_FAILED') {
      this.#failuresInARow = 0
    } else if (askedMs >= this.#countedMs) {
      this.#failuresInARow += 1
      this.#countedMs = performance.now()
    }
  }

  #healthOf(flow: Flow): ComponentHealth {
    return combineHealth([...this.#flows[flow].values()].map(({ current }) => current))
  }

  #recordOf(flow: Flow, api: DownstreamApi): HealthRecord {
    const record = this.#flows[flow].get(api.name) ?? new HealthRecord()
    this.#flows[flow].set(api.name, record)
    return record
  }

  #records(): HealthRecord[] {
    return flowNames.flatMap(flow => [...this.#flows[flow].values()])
  }
}

/**
 * The sidecar marks a credential that could not be loaded once as unusable and never tries it again, while its
 * `/healthz` stays Healthy: only a restart helps.
 */
function poisoned(failure: ProblemError): ProblemError {
  return problem('SIDECAR_FAILED', 'The sidecar runs, but every token request fails.', {
    ...failure.options,
    hint: 'If Entra is within its reach, restart the sidecar: a credential that it could not load once (such as a token file that was not there yet) is never tried again.',
  })
}
