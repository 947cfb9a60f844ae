import { stringify } from 'node:querystring'
import { setTimeout as sleep } from 'node:timers/promises'
import { isProblem, LinkedAbort, parseJson } from '@entra-agents/service-kit'
import { isSendError, type OutboundResponse } from '@entra-agents/service-kit/send'
import { flowRules } from './flows.ts'
import { identityProblem } from './problems.ts'
import { connectSidecar } from './sidecar-connection.ts'
import {
  explainResponse,
  explainSilence,
  type FailureContext,
  type TokenFailure,
} from './sidecar-failures.ts'
import { type IdentityTiming, identityTiming } from './timing.ts'
import type { TokenRequest, TokenSource } from './token-source.ts'

/** How an attempt that got no token ended: with a response (`spreading`: see `Refusal`), a broken connection, or because no sidecar listened. */
type AttemptEnding = 'responded' | 'spreading' | 'broken' | 'refused'

type Attempt = { readonly raw: string } | (TokenFailure & { readonly ending: AttemptEnding })

/**
 * How many attempts may end in each way. `refused` has no number: while no sidecar listens, `sidecarRestartMs` is the limit. The sidecar asks
 * Entra anew each time: it marks only a credential as unusable that it could not load, not one that Entra refused.
 */
const maxAttempts = { responded: 2, spreading: 4, broken: 3 }

/** Where the sidecar listens. */
export interface SidecarOptions {
  /** Such as `http://localhost:5000`. Loopback addresses become `localhost`, the only host name that every version of the sidecar accepts. */
  readonly url: string
  /** @internal Tests have shorter times. */
  readonly timing?: IdentityTiming
}

/**
 * The Microsoft Entra Auth SDK sidecar as token source: the blueprint's credential stays in its container.
 *
 * @example `createIdentityClient({ …, tokens: sidecar({ url: 'http://localhost:5000' }) })`
 */
export function sidecar(options: SidecarOptions): TokenSource {
  const { url, timing = identityTiming } = options
  const connection = connectSidecar(url, timing.sidecarConnectMs)

  /**
   * While the sidecar waits for Entra it sends nothing, possibly for minutes. After a long silence,
   * `/healthz` decides whether the sidecar is alive.
   */
  async function attemptOnce({ user, traceparent, signal, ...asked }: TokenRequest): Promise<Attempt> {
    using limit = new LinkedAbort(signal)
    limit.after(timing.sidecarSilenceMs, async () => {
      if (await isAlive()) return
      const what = 'The sidecar accepts connections but does not respond.'
      limit.abort(identityProblem('SIDECAR_UNREACHABLE', what, { upstream: { service: 'sidecar' } }))
    })
    const headers = {
      ...(user ? { authorization: `Bearer ${user.raw}` } : {}),
      ...(traceparent ? { traceparent } : {}),
    }
    try {
      return readAttempt(
        await connection.get({ path: tokenPath(asked), headers, signal: limit.signal }),
        asked,
      )
    } catch (error) {
      if (isProblem(error)) throw error
      const isRefused = isSendError(error) && error.kind === 'refused'
      return { ...explainSilence(error), ending: isRefused ? 'refused' : 'broken' }
    }
  }

  async function isAlive(): Promise<boolean> {
    try {
      const { sidecarHealthMs: timeoutMs } = timing
      const { status } = await connection.get({ path: '/healthz', timeoutMs })
      return status === 200
    } catch {
      return false
    }
  }

  return {
    actor: 'sidecar',
    /**
     * Requests a token of the agent identity, and tries again after a delay if that may help. While no sidecar
     * listens, it tries for as long as a sidecar takes to restart. The token is not checked yet.
     *
     * @returns the token, and how many times the sidecar was asked
     * @throws ProblemError of the identity codes, or the signal's reason.
     */
    async requestToken(request: TokenRequest) {
      const { signal } = request
      const retryDelayAfter = planRetryDelays(timing)
      for (let attempts = 1; ; attempts++) {
        const attempt = await attemptOnce(request)
        if ('raw' in attempt) return { raw: attempt.raw, attempts }
        const delayMs = retryDelayAfter(attempt.ending)
        if (!attempt.transient || delayMs === undefined) throw attempt.problem
        await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted())
      }
    },
    /** The URL that is requested, for display. */
    urlOf: (request: TokenRequest) => `${connection.url}${tokenPath(request)}`,
    close: connection.close,
  }
}

/**
 * Plans the growing delays between the attempts of one request.
 *
 * @returns a function from how an attempt ended to the milliseconds until the next attempt; `undefined` if there is to be none
 */
function planRetryDelays(timing: IdentityTiming): (ending: AttemptEnding) => number | undefined {
  const ended = { responded: 0, spreading: 0, broken: 0, refused: 0 }
  // Attempts while no sidecar listens end before the deadline, because the problem of the deadline would blame Entra.
  const latestMs = performance.now() + timing.tokenDeadlineMs - timing.tokenRetryMs
  let refusedUntilMs: number | undefined
  return ending => {
    const nowMs = performance.now()
    ended[ending] += 1
    const delayMs = timing.tokenRetryMs * ended[ending] * (0.75 + Math.random() / 2)
    if (ending !== 'refused') return ended[ending] < maxAttempts[ending] ? delayMs : undefined
    refusedUntilMs ??= Math.min(nowMs + timing.sidecarRestartMs, latestMs)
    return nowMs < refusedUntilMs ? Math.min(delayMs, refusedUntilMs - nowMs) : undefined
  }
}

type TokenPathRequest = Omit<TokenRequest, 'user' | 'traceparent' | 'signal'>

function tokenPath({ agent, flow, api, correlationId, isNew, claims }: TokenPathRequest): string {
  const { route, parameters } = flowRules[flow]
  // Takes a quarter of the time that URLSearchParams takes.
  const query = stringify({
    ...parameters(agent),
    'optionsOverride.AcquireTokenOptions.CorrelationId': correlationId,
    ...(isNew ? { 'optionsOverride.AcquireTokenOptions.ForceRefresh': 'true' } : {}),
    ...(claims ? { 'optionsOverride.AcquireTokenOptions.Claims': claims } : {}),
  })
  return `${route}/${api.sidecarEntries[flow]}?${query}`
}

function readAttempt(response: OutboundResponse, asked: FailureContext): Attempt {
  const raw = readToken(response)
  if (raw !== undefined) return { raw }
  const failure = explainResponse(response, asked)
  if (failure.transient === 'spreading') return { ...failure, ending: 'spreading' }
  // A 503 counts as if no sidecar listened: a sidecar that is about to stop sends it, or a proxy that finds no sidecar.
  const isThere = failure.problem.code !== 'SIDECAR_UNREACHABLE'
  return { ...failure, ending: isThere ? 'responded' : 'refused' }
}

/** Reads the token from `{"authorizationHeader":"Bearer eyJ…"}`, the body of a response with status 200. */
function readToken({ status, text }: OutboundResponse): string | undefined {
  const { authorizationHeader: header } = Object(status === 200 && parseJson(text)) as {
    authorizationHeader?: unknown
  }
  return typeof header === 'string' ? /^Bearer (\S+)$/i.exec(header)?.[1] : undefined
}
