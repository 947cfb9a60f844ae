import { setTimeout as sleep } from 'node:timers/promises'
import { LinkedAbort, ProblemError } from '@entra-bedrock-agent/service-kit'
import { problem } from '../problems.ts'
import type { Timing } from '../timing.ts'
import { flowRules } from './flows.ts'
import { connectSidecar, type SidecarResponse } from './sidecar-connection.ts'
import { explainResponse, explainSilence, type TokenFailure } from './sidecar-failures.ts'
import type { TokenRequest } from './token-request.ts'

export interface Sidecar {
  /**
   * Asks for a token of the agent identity, again after a moment where that may help. The token has not been checked yet.
   *
   * @returns the token, and how often the sidecar was asked
   * @throws ProblemError of the identity codes, or the signal's reason.
   */
  requestToken(request: TokenRequest): Promise<{ readonly raw: string; readonly attempts: number }>
  /** The address that is asked, for showing it. */
  urlOf(request: TokenRequest): string
  /** Ends what is still under way. */
  close(): Promise<void>
}

type Attempt = { readonly raw: string } | (TokenFailure & { readonly responded: boolean })

const mostAttempts = { responded: 2, silent: 3 }

/** The sidecar, as the agent gets its tokens from it. */
export function createSidecar(sidecarUrl: string, timing: Timing): Sidecar {
  const connection = connectSidecar(sidecarUrl)

  /**
   * While the sidecar waits for Entra it says nothing, for minutes if need be; so a long silence is not yet a dead sidecar:
   * `/healthz` decides.
   */
  async function attemptOnce({ user, traceparent, signal, ...asked }: TokenRequest): Promise<Attempt> {
    using limit = new LinkedAbort(signal)
    limit.after(timing.sidecarSilenceMs, async () => {
      if (!(await lives())) limit.abort(silentSidecar())
    })
    const headers = {
      ...(user ? { authorization: `Bearer ${user.raw}` } : {}),
      ...(traceparent ? { traceparent } : {}),
    }
    let response: SidecarResponse
    try {
      response = await connection.get({ path: tokenPath(asked), headers, signal: limit.signal })
    } catch (error) {
      if (error instanceof ProblemError) throw error
      return { ...explainSilence(error), responded: false }
    }
    const raw = readToken(response)
    return raw === undefined ? { ...explainResponse(response, asked), responded: true } : { raw }
  }

  async function lives(): Promise<boolean> {
    try {
      const { sidecarHealthMs: timeoutMs } = timing
      const { status } = await connection.get({ path: '/healthz', headers: {}, timeoutMs })
      return status === 200
    } catch {
      return false
    }
  }

  return {
    async requestToken(request) {
      for (let attempts = 1; ; attempts++) {
        const attempt = await attemptOnce(request)
        if ('raw' in attempt) return { raw: attempt.raw, attempts }
        const most = attempt.responded ? mostAttempts.responded : mostAttempts.silent
        if (!attempt.transient || attempts >= most) throw attempt.problem
        await pause(timing.tokenRetryMs * attempts * (0.75 + Math.random() / 2), request.signal)
      }
    },
    urlOf: request => `${sidecarUrl}${tokenPath(request)}`,
    close: connection.close,
  }
}

type Asked = Omit<TokenRequest, 'user' | 'traceparent' | 'signal'>

function tokenPath({ agent, flow, api, correlationId }: Asked): string {
  const { route, parameters } = flowRules[flow]
  const query = new URLSearchParams({
    ...parameters(agent),
    'optionsOverride.AcquireTokenOptions.CorrelationId': correlationId,
  })
  return `${route}/${api.sidecarEntries[flow]}?${query}`
}

function silentSidecar(): ProblemError {
  return problem('SIDECAR_UNREACHABLE', 'The sidecar accepts connections but does not respond.', {
    upstream: { service: 'sidecar' },
  })
}

/** `{"authorizationHeader":"Bearer eyJ…"}` with status 200. */
function readToken({ status, body }: SidecarResponse): string | undefined {
  if (status !== 200) return undefined
  try {
    const { authorizationHeader } = JSON.parse(body) as { authorizationHeader?: unknown }
    return typeof authorizationHeader === 'string'
      ? /^Bearer (\S+)$/i.exec(authorizationHeader)?.[1]
      : undefined
  } catch {
    return undefined
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    signal.throwIfAborted()
  }
}
