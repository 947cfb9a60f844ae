import { setTimeout as sleep } from 'node:timers/promises'
import { ProblemError } from '@entra-bedrock-agent/service-kit'
import { flowRules } from './flows.ts'
import type { Sidecar, SidecarResponse } from './sidecar.ts'
import { explainResponse, explainSilence, type TokenFailure } from './sidecar-failures.ts'
import type { TokenRequest } from './token-request.ts'

/** A token as it came, not yet looked into. */
export interface RawToken {
  readonly value: string
  /** How often the sidecar was asked. */
  readonly attempts: number
}

export interface RequestTokenOptions {
  /** The pause before the second attempt; it grows from there. Default: 200 ms. */
  readonly backoffMs?: number | undefined
}

type Attempt = { readonly value: string } | (TokenFailure & { readonly responded: boolean })

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
 * Asks the sidecar for a token, again after a moment where that may help.
 *
 * @throws ProblemError of the identity codes, or the signal's reason.
 */
export async function requestToken(
  sidecar: Sidecar,
  request: TokenRequest,
  { backoffMs = 200 }: RequestTokenOptions,
): Promise<RawToken> {
  for (let attempts = 1; ; attempts++) {
    const attempt = await attemptOnce(sidecar, request)
    if ('value' in attempt) return { value: attempt.value, attempts }
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
  const value = readToken(response)
  return value === undefined ? { ...explainResponse(response, request), responded: true } : { value }
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
