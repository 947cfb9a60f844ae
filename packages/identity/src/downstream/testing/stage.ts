import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { afterEach, expect } from 'vitest'
import { createAgentTokens } from '../../agent-tokens.ts'
import type { Caller } from '../../caller.ts'
import type { DownstreamApi } from '../../downstream-api.ts'
import {
  agent,
  authorizationHeader,
  autonomousClaims,
  ids,
  onBehalfOfClaims,
  recordingLogger,
  startServer,
  type TestServer,
  verifiedUser,
} from '../../testing/fixtures.ts'
import { type IdentityTiming, identityTiming } from '../../timing.ts'
import { type StepObserver, TraceRecorder } from '../../trace-recorder.ts'
import { createApiCaller } from '../api-caller.ts'

const closables: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of closables.splice(0).reverse()) await one.close()
})

export async function startTestServer(listener: RequestListener): Promise<TestServer> {
  const server = await startServer(listener)
  closables.push(server)
  return server
}

/** A sidecar that gives an agent its own token or, for the Tc `token-of-<oid>`, one on behalf of that user. */
export const grantingSidecar: RequestListener = (incoming, response) => {
  grantToken(incoming, response, incoming.headers.authorization?.slice('Bearer token-of-'.length))
}

/** A sidecar that gives an agent a token on behalf of this user, whatever Tc the request brings. */
export const sidecarForUser =
  (oid: string): RequestListener =>
  (incoming, response) =>
    grantToken(incoming, response, oid)

function grantToken({ url = '' }: IncomingMessage, response: ServerResponse, oid: string | undefined): void {
  const azp = new URL(url, 'http://localhost').searchParams.get('AgentIdentity')
  response.end(authorizationHeader(oid ? onBehalfOfClaims(oid, { azp }) : autonomousClaims({ azp })))
}

export const okChecks = ['signature', 'issuer', 'audience', 'lifetime', 'tenant', 'caller', 'permission'].map(
  name => ({
    name,
    ok: true,
  }),
)

export function validation(user: string | null) {
  return {
    flow: user === null ? 'autonomous' : 'obo',
    caller: ids.agentClientId,
    on_behalf_of: user,
    signature_verified: true,
    checks: okChecks,
  }
}

export const sendJson =
  (status: number, body: object, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

/** Makes a caller of these APIs and its source of tokens, which asks the sidecar at this URL. Both write to one log. */
export function apiCallerOf(
  apis: readonly DownstreamApi[],
  sidecarUrl: string,
  changes: Partial<IdentityTiming> = {},
) {
  const timing = { ...identityTiming, tokenRetryMs: 5, ...changes }
  const { logger, lines } = recordingLogger()
  const tokens = createAgentTokens({
    sidecarUrl,
    agents: [agent],
    apis,
    logger,
    timing,
    lookAtEntra: async () => 'responds',
  })
  const caller = createApiCaller({ agents: [agent], apis, tokens, logger, timing })
  closables.push(tokens, caller)
  return { tokens, caller, logger, lines }
}

/** A turn of the agent as a `Caller`, with what packages above this one want of a turn. */
export function turnOf(user?: string, signal = new AbortController().signal, observer?: StepObserver) {
  const caller: Caller = {
    requestId: 'request-1',
    correlationId: '99999999-0000-4000-8000-000000000001',
    agent,
    flow: user === undefined ? 'autonomous' : 'obo',
    user: user === undefined ? undefined : verifiedUser(user),
    signal,
    trace: new TraceRecorder(() => undefined, observer),
  }
  return {
    ...caller,
    id: caller.correlationId,
    message: 'Where is order 7?',
    history: [],
    mode: 'direct' as const,
    write: () => undefined,
    notice: () => undefined,
    resumed: undefined,
    pausesForConsent: false,
  }
}

export const problemOf = (code: string) => expect.objectContaining({ code })
export const stepsOf = (turn: Caller, kind: string) => turn.trace.steps.filter(step => step.kind === kind)
