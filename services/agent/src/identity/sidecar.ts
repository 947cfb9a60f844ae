import { lookup as lookupByResolver } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { LinkedAbort, type ProblemError } from '@entra-bedrock-agent/service-kit'
import { createSender } from '@entra-bedrock-agent/service-kit/send'
import { problem } from '../problems.ts'

/** A response of the sidecar as far as the agent reads it. */
export interface SidecarResponse {
  readonly status: number
  readonly contentType: string | undefined
  /** `WWW-Authenticate` */
  readonly challenge: string | undefined
  readonly body: string
}

export interface SidecarOptions {
  /** The sidecar's address. Its host must be `localhost`: the only name that every version of it accepts. */
  readonly sidecarUrl: string
  /** How long the sidecar may be silent before the agent looks whether it lives. Default: 2.5 s. */
  readonly silenceMs?: number | undefined
  /** How long `/healthz` may take then. Default: 3 s, since a sidecar that is short of CPU is no dead one. */
  readonly healthTimeoutMs?: number | undefined
}

export interface SidecarCall {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

export interface Sidecar {
  /**
   * One GET. While the sidecar waits for Entra it says nothing, for minutes if need be; so a long silence is not yet a
   * dead sidecar: `/healthz` decides.
   *
   * @throws the signal's reason, ProblemError SIDECAR_UNREACHABLE, or a SendError.
   */
  get(call: SidecarCall & { readonly signal: AbortSignal }): Promise<SidecarResponse>
  /** Ends what is still under way. */
  close(): Promise<void>
}

const maxBodyBytes = 64 * 1024

const loopback = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/**
 * `localhost` is the loopback interface (RFC 6761) and needs no resolver: where names cannot be resolved, look-ups that wait
 * would keep the agent from the sidecar in its own pod, and the fault would seem to be the sidecar's.
 */
const lookup: LookupFunction = (name, options, found) => {
  if (name !== 'localhost') lookupByResolver(name, options, found)
  else if (options.all) found(null, loopback)
  else found(null, '127.0.0.1', 4)
}

const connections = { connections: 64, connectTimeoutMs: 1_000, lookup }

/** Sends one GET to the sidecar, over kept-alive connections, and reads the response. Throws a SendError, or the signal's reason. */
export function connectSidecar(sidecarUrl: string) {
  const { send, close } = createSender(connections)
  return {
    close,
    async get({ path, headers, ...limits }: SidecarCall): Promise<SidecarResponse> {
      const accepted = { accept: 'application/json', ...headers }
      const response = await send({
        url: `${sidecarUrl}${path}`,
        headers: accepted,
        maxBytes: maxBodyBytes,
        ...limits,
      })
      return {
        status: response.status,
        contentType: firstOf(response.headers['content-type']),
        challenge: firstOf(response.headers['www-authenticate']),
        body: response.text,
      }
    },
  }
}

/** The sidecar, watched while it is silent. */
export function createSidecar(options: SidecarOptions): Sidecar {
  const { sidecarUrl, silenceMs = 2_500, healthTimeoutMs = 3_000 } = options
  const sidecar = connectSidecar(sidecarUrl)

  async function lives(): Promise<boolean> {
    try {
      const { status } = await sidecar.get({ path: '/healthz', headers: {}, timeoutMs: healthTimeoutMs })
      return status === 200
    } catch {
      return false
    }
  }

  return {
    async get({ path, headers, signal }) {
      using limit = new LinkedAbort(signal)
      limit.after(silenceMs, async () => {
        if (!(await lives())) limit.abort(silentSidecar())
      })
      return await sidecar.get({ path, headers, signal: limit.signal })
    },
    close: sidecar.close,
  }
}

function silentSidecar(): ProblemError {
  return problem('SIDECAR_UNREACHABLE', 'The sidecar accepts connections but does not respond.', {
    upstream: { service: 'sidecar' },
  })
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
