import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import type { TraceStep } from '@entra-agents/trace'
import { afterEach, expect } from 'vitest'
import { type AgentTokensOptions, createAgentTokens } from '../../agent-tokens.ts'
import type { Caller } from '../../caller.ts'
import type { DownstreamApi } from '../../downstream-api.ts'
import { sidecar } from '../../sidecar.ts'
import {
  agent,
  authorizationHeader,
  autonomousClaims,
  ids,
  onBehalfOfClaims,
  ordersApi,
  recordingLogger,
  sidecarProblem,
  verifiedUser,
} from '../../testing/fixtures.ts'
import { type IdentityTiming, identityTiming } from '../../timing.ts'
import { type StepObserver, TraceRecorder } from '../../trace-recorder.ts'
import { createApiCaller } from '../api-caller.ts'

const closables: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of closables.splice(0).reverse()) await one.close()
})

/** Starts a server on `port` of `localhost`, by default on any free port. It is closed after the test. */
export async function startTestServer(listener: RequestListener, port = 0) {
  /** The requests in the order of their arrival; `target` is method and path, such as `GET /x`. */
  const requests: { target: string; headers: IncomingMessage['headers'] }[] = []
  const server = new LocalServer((request, response) => {
    requests.push({ target: `${request.method} ${request.url}`, headers: request.headers })
    listener(request, response)
  }, 'localhost')
  closables.push(server)
  const { url } = await server.start(port)
  return { url, requests, close: () => server.close() }
}

/** An address where nobody listens any more. */
export async function deadUrl(): Promise<string> {
  const server = await startTestServer(() => undefined)
  await server.close()
  return server.url
}

/** How a server answers, whatever it is asked. */
export type Answer = (response: ServerResponse) => void

/** Gives the nth request the nth answer, and further ones the last answer; `/healthz` gets “Healthy”. */
export function inOrder(...answers: readonly Answer[]): RequestListener {
  let next = 0
  return ({ url }, response) => {
    if (url === '/healthz') response.end('Healthy')
    else answers[Math.min(next++, answers.length - 1)]?.(response)
  }
}

export const grant =
  (claims = autonomousClaims()): Answer =>
  response =>
    response.end(authorizationHeader(claims))
export const refuse =
  (status: number, detail: string): Answer =>
  response =>
    response
      .writeHead(status, { 'content-type': 'application/problem+json' })
      .end(sidecarProblem(status, detail))

/** A sidecar that gives an agent its own token or, for the Tc `token-of-<oid>`, one on behalf of that user. */
export const grantingSidecar: RequestListener = ({ url = '', headers }, response) => {
  const oid = headers.authorization?.slice('Bearer token-of-'.length)
  const azp = new URL(url, 'http://localhost').searchParams.get('AgentIdentity')
  grant(oid ? onBehalfOfClaims(oid, { azp }) : autonomousClaims({ azp, oid: azp, sub: azp }))(response)
}

/** What an API says of a token for this user, or of the agent's own. */
export function validation(user: string | null) {
  const checks = ['signature', 'issuer', 'audience', 'lifetime', 'tenant', 'caller', 'permission']
  return {
    flow: user === null ? 'autonomous' : 'obo',
    caller: ids.agentClientId,
    on_behalf_of: user,
    signature_verified: true,
    checks: checks.map(name => ({ name, ok: true })),
  }
}

export const sendJson =
  (status: number, body: object, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

/** Makes a caller of these APIs and its source of tokens, which asks the sidecar at this URL. Both write to one log, and are closed after the test. */
export function apiCallerOf(
  apis: readonly DownstreamApi[],
  sidecarUrl: string,
  changes: Partial<IdentityTiming> = {},
  more: Partial<AgentTokensOptions> = {},
) {
  const timing = { ...identityTiming, tokenRetryMs: 5, sidecarRestartMs: 20, ...changes }
  const { logger, lines } = recordingLogger()
  const tokens = createAgentTokens({
    source: sidecar({ url: sidecarUrl, timing }),
    agents: [agent],
    apis,
    logger,
    timing,
    lookAtEntra: async () => 'responds',
    ...more,
  })
  const caller = createApiCaller({ agents: [agent], apis, tokens, logger, timing })
  closables.push(tokens, caller)
  return { tokens, caller, logger, lines }
}

/** An API that responds by calling `respond`, its caller, and what was sent to it. */
export async function startApi(
  respond: (response: ServerResponse) => void,
  { timing, sidecar = grantingSidecar }: { timing?: Partial<IdentityTiming>; sidecar?: RequestListener } = {},
) {
  const sent: string[] = []
  const server = await startTestServer(async (request, response) => {
    const { method, url, headers } = request
    const further = [headers['content-type'], headers['idempotency-key'], await text(request)]
    sent.push([method, url, ...further].filter(Boolean).join(' '))
    respond(response)
  })
  const { url: sidecarUrl, requests: asked } = await startTestServer(sidecar)
  const api = { ...ordersApi, url: server.url }
  return { api, server, sent, asked, ...apiCallerOf([api], sidecarUrl, timing) }
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

/** Steps as text: a line for each, and below it what it shows; without ids, times and ports, which differ from run to run. */
export function describeSteps(steps: readonly TraceStep[]): string {
  const known = new Set(steps.map(({ id }) => id))
  const lines = steps.flatMap(
    ({ id: _id, startedAt, durationMs: _ms, parentId = '', kind, from, to, status, title, ...shown }) => {
      const indent = known.has(parentId) ? '    ' : ''
      const below = parentId === '' || indent ? '' : `, below ${parentId}`
      const time = startedAt === undefined ? ', without a time' : ''
      const members = Object.entries(shown).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`)
      return [`${kind}, ${from} to ${to}, ${status}${time}${below}: ${title}`, ...members].map(
        line => indent + line,
      )
    },
  )
  return nameIds(lines.join('\n').replace(/localhost:\d+/g, 'localhost'))
}

/** A text with the names of the demo tenant's ids in place of the ids. */
export function nameIds(text: string): string {
  return Object.entries(ids).reduce((named, [name, id]) => named.replaceAll(id, `<${name}>`), text)
}
