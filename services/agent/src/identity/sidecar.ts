import { lookup as lookupByResolver } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { Pool } from 'undici'
import { problem } from '../problems.ts'
import { LinkedAbort } from './linked-abort.ts'

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
  readonly signal: AbortSignal
}

export interface Sidecar {
  /**
   * One GET. While the sidecar waits for Entra it says nothing, for minutes if need be; so a long silence is not yet a
   * dead sidecar: `/healthz` decides.
   *
   * @throws the signal's reason, ProblemError SIDECAR_UNREACHABLE, or undici's error when the connection failed.
   */
  get(call: SidecarCall): Promise<SidecarResponse>
  /** Ends what is still under way. */
  close(): Promise<void>
}

const connectTimeoutMs = 1_000
const maxBodyBytes = 64 * 1024
const maxConnections = 64

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

/** Talks HTTP to the Entra Auth SDK sidecar, over kept-alive connections. */
export function createSidecar(options: SidecarOptions): Sidecar {
  const { sidecarUrl, silenceMs = 2_500, healthTimeoutMs = 3_000 } = options
  const { origin, pathname } = new URL(sidecarUrl)
  const basePath = pathname.replace(/\/$/, '')
  // A pool of one origin, since `request` of undici takes apart the address of every call.
  const pool = new Pool(origin, {
    connections: maxConnections,
    connect: { timeout: connectTimeoutMs, lookup },
    maxResponseSize: maxBodyBytes,
  })

  async function send({ path, headers, signal }: SidecarCall): Promise<SidecarResponse> {
    const response = await pool.request({
      method: 'GET',
      path: `${basePath}${path}`,
      headers: { accept: 'application/json', ...headers },
      signal,
    })
    return {
      status: response.statusCode,
      contentType: firstOf(response.headers['content-type']),
      challenge: firstOf(response.headers['www-authenticate']),
      body: await response.body.text(),
    }
  }

  async function lives(): Promise<boolean> {
    try {
      const { status } = await send({
        path: '/healthz',
        headers: {},
        signal: AbortSignal.timeout(healthTimeoutMs),
      })
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
      return await send({ path, headers, signal: limit.signal })
    },
    close: () => pool.destroy(),
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
