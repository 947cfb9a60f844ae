import type { RequestListener, ServerResponse } from 'node:http'
import { afterEach, expect } from 'vitest'
import { createApiCaller } from '../../../downstream/api-caller.ts'
import { createAgentTokens } from '../../../identity/agent-tokens.ts'
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
  weatherApi,
} from '../../../identity/testing/fixtures.ts'
import { TraceRecorder } from '../../../turn/trace-recorder.ts'
import type { Turn } from '../../../turn/turn.ts'
import type { ToolContext } from '../../toolset.ts'
import { createWeatherClient } from '../client.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

export async function start(listener: RequestListener): Promise<TestServer> {
  const server = await startServer(listener)
  opened.push(server)
  return server
}

/** A sidecar that gives the agent's own token, or one on behalf of whoever `token-of-<oid>` belongs to. */
export const grantingSidecar: RequestListener = (incoming, response) => {
  const oid = incoming.headers.authorization?.slice('Bearer token-of-'.length)
  response.end(authorizationHeader(oid ? onBehalfOfClaims(oid) : autonomousClaims()))
}

export const checks = ['signature', 'issuer', 'audience', 'lifetime', 'tenant', 'caller', 'permission'].map(
  name => ({
    name,
    ok: true,
  }),
)

export function validated(user: string | null) {
  return {
    flow: user === null ? 'autonomous' : 'obo',
    caller: ids.agentClientId,
    on_behalf_of: user,
    signature_verified: true,
    checks,
  }
}

export function report(user: string | null = null, changes: object = {}) {
  return {
    city: 'Dallas',
    region: 'Texas',
    country: 'United States',
    temperature_c: 20.5,
    temperature_f: 68.9,
    condition: 'clear sky',
    observed_at: '2026-11-24T12:00:00Z',
    source: 'open-meteo',
    validated: validated(user),
    ...changes,
  }
}

export const json =
  (status: number, body: object, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

interface Stage {
  readonly sidecar?: RequestListener
  readonly api: RequestListener
  readonly timeoutMs?: number
}

export async function stage({ sidecar = grantingSidecar, api, timeoutMs }: Stage) {
  const server = await start(api)
  const sidecarServer = await start(sidecar)
  return { weatherApi: server, weather: weatherAt(server.url, sidecarServer.url, timeoutMs) }
}

/** The weather client and the caller below it, as one thing. */
export function weatherAt(url: string, sidecarUrl: string, timeoutMs?: number) {
  const { logger } = recordingLogger()
  const api = { ...weatherApi, url }
  const tokens = createAgentTokens({
    sidecarUrl,
    agent,
    apis: [api],
    logger,
    backoffMs: 5,
    entraResponds: async () => true,
  })
  const caller = createApiCaller({ apis: [api], tokens, logger, timeoutMs })
  opened.push(tokens, caller)
  const client = createWeatherClient(api)
  const contextOf = (turn: Turn, parentId?: string): ToolContext => ({
    turn,
    callApi: caller.call,
    ...(parentId === undefined ? {} : { parentId }),
  })
  return {
    current: (turn: Turn, city: string, parentId?: string) => client.current(contextOf(turn, parentId), city),
    forecast: (turn: Turn, city: string, days: number) => client.forecast(contextOf(turn), city, days),
    get health() {
      return caller.healthOf(api)
    },
    refresh: () => caller.refresh(),
  }
}

export function turnOf(user?: string, signal = new AbortController().signal): Turn {
  return {
    id: '99999999-0000-4000-8000-000000000001',
    requestId: 'request-1',
    correlationId: '99999999-0000-4000-8000-000000000001',
    message: 'Weather in Dallas?',
    history: [],
    mode: 'direct',
    agent,
    flow: user === undefined ? 'autonomous' : 'obo',
    user: user === undefined ? undefined : verifiedUser(user),
    signal,
    trace: new TraceRecorder(() => undefined),
    write: () => undefined,
    notice: () => undefined,
  }
}

export const refusal = (code: string) => expect.objectContaining({ code })
export const stepsOf = (turn: Turn, kind: string) => turn.trace.steps.filter(step => step.kind === kind)
export const answerReport: RequestListener = (_request, response) => json(200, report())(response)
