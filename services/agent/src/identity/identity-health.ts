import type { Flow } from '@entra-bedrock-agent/identity-trace'
import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { problem } from '../problems.ts'
import { type ComponentHealth, HealthRecord } from '../status/health.ts'

/** How the agent's identity fares, as seen by the last real token requests and looks at the sidecar. */
export interface IdentityHealth {
  readonly sidecar: ComponentHealth
  readonly flows: Readonly<Record<Flow, ComponentHealth>>
  /** Its credential is poisoned, as far as can be seen from outside: `sidecar.problem` says what to do. */
  readonly sidecarNeedsRestart: boolean
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
/** What stops both flows alike, whichever showed it. */
const sharedCauses = new Set([
  'SIDECAR_UNREACHABLE',
  'SIDECAR_REFUSED_CALLER',
  'SIDECAR_FAILED',
  'BLUEPRINT_CREDENTIAL_REJECTED',
  'FEDERATION_MISMATCH',
  'ENTRA_UNAVAILABLE',
])
/** So many failed requests in a row, each already tried twice, are no hiccup. */
const failuresOfPoisonedCredential = 2

/** Draws the conclusions from each token request. */
export class IdentityHealthRecord {
  readonly #sidecar = new HealthRecord()
  readonly #flows = { autonomous: new HealthRecord(), obo: new HealthRecord() }
  #failuresInARow = 0

  get current(): IdentityHealth {
    return {
      sidecar: this.#sidecar.current,
      flows: { autonomous: this.#flows.autonomous.current, obo: this.#flows.obo.current },
      sidecarNeedsRestart: this.#needsRestart,
    }
  }

  get #needsRestart(): boolean {
    return this.#failuresInARow >= failuresOfPoisonedCredential
  }

  tokenObtained(flow: Flow): void {
    this.#failuresInARow = 0
    this.#sidecar.works()
    this.#flows[flow].works()
    const other = this.#flows[otherThan(flow)]
    if (sharedCauses.has(other.current.problem?.code ?? '')) other.forget()
  }

  tokenFailed(flow: Flow, failure: ProblemError): void {
    this.#failuresInARow = failure.code === 'SIDECAR_FAILED' ? this.#failuresInARow + 1 : 0
    const shown = this.#needsRestart ? poisoned(failure) : failure
    if (sidecarCauses.has(shown.code)) this.#sidecar.fails(shown)
    else this.#sidecar.works()
    // 401 and 403 are about one person; for the next one the flow may well work.
    if (shown.kind.status < 500) return
    this.#flows[flow].fails(shown)
    if (sharedCauses.has(shown.code)) this.#flows[otherThan(flow)].fails(shown)
  }
}

/**
 * The sidecar marks a credential that could not be loaded once as unusable and never tries it again, while its
 * `/healthz` stays Healthy: only a restart helps.
 */
function poisoned(failure: ProblemError): ProblemError {
  return problem('SIDECAR_FAILED', 'The sidecar answers, but every token request fails.', {
    ...failure.options,
    hint: 'If Entra is within its reach, restart the sidecar: a credential that it could not load once (such as a token file that was not there yet) is never tried again.',
  })
}

function otherThan(flow: Flow): Flow {
  return flow === 'obo' ? 'autonomous' : 'obo'
}
