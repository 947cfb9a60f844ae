import { setTimeout as sleep } from 'node:timers/promises'
import type { Flow } from '@entra-bedrock-agent/identity-trace'
import { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { Sidecar, SidecarAnswer } from './sidecar.ts'
import { explainAnswer, explainSilence, type TokenFailure } from './sidecar-failures.ts'
import type { VerifiedUserToken } from './user-token.ts'

/** Who asks for TR, in which flow. */
export interface TokenRequest {
  readonly flow: Flow
  /** Must be there in the `obo` flow; is never sent in the `autonomous` flow. */
  readonly user: VerifiedUserToken | undefined
  /** A GUID that the sidecar hands on to Entra, whose sign-in logs show it. */
  readonly correlationId: string
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

/** A token as it came, not yet looked into. */
export interface RawToken {
  readonly value: string
  /** How often the sidecar was asked. */
  readonly attempts: number
}

export interface RequestTokenOptions {
  readonly agentClientId: string
  /** The pause before the second attempt; it grows from there. Default: 200 ms. */
  readonly backoffMs?: number | undefined
}

type Attempt = { readonly value: string } | (TokenFailure & { readonly answered: boolean })

/** The sidecar's `DownstreamApis` entry for each flow: the same API, with and without `RequestAppToken`. */
const apiNames: Readonly<Record<Flow, string>> = { autonomous: 'weatherApp', obo: 'weather' }
const routes: Readonly<Record<Flow, string>> = {
  autonomous: '/AuthorizationHeaderUnauthenticated',
  obo: '/AuthorizationHeader',
}
const mostAttempts = { answered: 2, silent: 3 }

/** Path and query of the sidecar for a token of the agent identity. */
export function tokenPath({ flow, correlationId }: TokenRequest, agentClientId: string): string {
  const query = new URLSearchParams({
    AgentIdentity: agentClientId,
    'optionsOverride.AcquireTokenOptions.CorrelationId': correlationId,
  })
  return `${routes[flow]}/${apiNames[flow]}?${query}`
}

/**
 * Asks the sidecar for a token, again after a moment where that may help.
 *
 * @throws ProblemError of the identity codes, or the signal's reason.
 */
export async function requestToken(
  sidecar: Sidecar,
  request: TokenRequest,
  { agentClientId, backoffMs = 200 }: RequestTokenOptions,
): Promise<RawToken> {
  for (let attempts = 1; ; attempts++) {
    const attempt = await attemptOnce(sidecar, request, agentClientId)
    if ('value' in attempt) return { value: attempt.value, attempts }
    const most = attempt.answered ? mostAttempts.answered : mostAttempts.silent
    if (!attempt.transient || attempts >= most) throw attempt.problem
    await pause(backoffMs * attempts * (0.75 + Math.random() / 2), request.signal)
  }
}

async function attemptOnce(sidecar: Sidecar, request: TokenRequest, agentClientId: string): Promise<Attempt> {
  const { flow, user, traceparent, signal } = request
  let answer: SidecarAnswer
  try {
    answer = await sidecar.get({
      path: tokenPath(request, agentClientId),
      headers: {
        ...(flow === 'obo' && user ? { authorization: `Bearer ${user.value}` } : {}),
        ...(traceparent ? { traceparent } : {}),
      },
      signal,
    })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ProblemError) throw error
    return { ...explainSilence(error), answered: false }
  }
  const value = readToken(answer)
  return value === undefined
    ? { ...explainAnswer(answer, { flow, agentClientId, apiName: apiNames[flow] }), answered: true }
    : { value }
}

/** `{"authorizationHeader":"Bearer eyJ…"}` with status 200. */
function readToken({ status, body }: SidecarAnswer): string | undefined {
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
