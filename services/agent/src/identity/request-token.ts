import { setTimeout as sleep } from 'node:timers/promises'
import { ProblemError } from '@entra-bedrock-agent/service-kit'
import { flowRules } from './flows.ts'
import type { Sidecar, SidecarResponse } from './sidecar.ts'
import { explainResponse, explainSilence, type TokenFailure } from './sidecar-failures.ts'
import type { TokenRequest } from './token-request.ts'

export interface RequestTokenOptions {
  /** The pause before the second attempt; it grows from there. Default: 200 ms. */
  readonly backoffMs?: number | undefined
}

type Attempt = { readonly raw: string } | (TokenFailure & { readonly responded: boolean })

const mostAttempts = { responded: 2, silent: 3 }

/** Path and query of the sidecar for a token of the agent identity. */
export function tokenPath({ agent, flow, api, correlationId }: TokenRequest): string {
  const { route, parameters } = flowRules[flow]
  const query = new URLSearchParams({
    ...parameters(agent),
    'optionsOverride.AcquireTokenOptions.CorrelationId': correlationId,
  })
  return `${route}/${api.sidecarEntries[flow]}?${query}`
}

/**
 * Asks the sidecar for a token, again after a moment where that may help. Nobody has looked into it yet.
 *
 * @throws ProblemError of the identity codes, or the signal's reason.
 */
export async function requestToken(
  sidecar: Sidecar,
  request: TokenRequest,
  { backoffMs = 200 }: RequestTokenOptions,
): Promise<{ readonly raw: string; readonly attempts: number }> {
  for (let attempts = 1; ; attempts++) {
    const attempt = await attemptOnce(sidecar, request)
    if ('raw' in attempt) return { raw: attempt.raw, attempts }
    const most = attempt.responded ? mostAttempts.responded : mostAttempts.silent
    if (!attempt.transient || attempts >= most) throw attempt.problem
    await pause(backoffMs * attempts * (0.75 + Math.random() / 2), request.signal)
  }
}

async function attemptOnce(sidecar: Sidecar, request: TokenRequest): Promise<Attempt> {
  const { user, traceparent, signal } = request
  let response: SidecarResponse
  try {
    response = await sidecar.get({
      path: tokenPath(request),
      headers: {
        ...(user ? { authorization: `Bearer ${user.value}` } : {}),
        ...(traceparent ? { traceparent } : {}),
      },
      signal,
    })
  } catch (error) {
    if (error instanceof ProblemError) throw error
    return { ...explainSilence(error), responded: false }
  }
  const raw = readToken(response)
  return raw === undefined ? { ...explainResponse(response, request), responded: true } : { raw }
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
