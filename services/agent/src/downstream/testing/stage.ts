import type { RequestListener, ServerResponse } from 'node:http'
import { afterEach, expect } from 'vitest'
import { createAgentTokens } from '../../identity/agent-tokens.ts'
import {
  authorizationHeader,
  autonomousClaims,
  ids,
  onBehalfOfClaims,
  recordingLogger,
  startServer,
  type TestServer,
  verifiedUser,
} from '../../identity/testing/fixtures.ts'
import { TraceRecorder } from '../../turn/trace-recorder.ts'
import type { Turn } from '../../turn/turn.ts'
import { createWeather, type WeatherClient } from '../api-caller.ts'

export const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
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

export function validated(person: string | null) {
  return {
    flow: person === null ? 'autonomous' : 'obo',
    caller: ids.agentClientId,
    on_behalf_of: person,
    signature_verified: true,
    checks,
  }
}

export function report(person: string | null = null, changes: object = {}) {
  return {
    city: 'Dallas',
    region: 'Texas',
    country: 'United States',
    temperature_c: 20.5,
    temperature_f: 68.9,
    condition: 'clear sky',
    observed_at: '2026-11-24T12:00:00Z',
    source: 'open-meteo',
    validated: validated(person),
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
  const weatherApi = await start(api)
  const sidecarServer = await start(sidecar)
  return { weatherApi, weather: weatherAt(weatherApi.url, sidecarServer.url, timeoutMs) }
}

export function weatherAt(weatherApiUrl: string, sidecarUrl: string, timeoutMs?: number): WeatherClient {
  const { logger } = recordingLogger()
  const tokens = createAgentTokens({
    sidecarUrl,
    ...ids,
    logger,
    backoffMs: 5,
    entraAnswers: async () => true,
  })
  const weather = createWeather({
    weatherApiUrl,
    tokens,
    identity: { authority: 'https://login.microsoftonline.com', ...ids },
    logger,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
  opened.push(tokens, weather)
  return weather
}

export function turnOf(person?: string, signal = new AbortController().signal): Turn {
  return {
    id: '99999999-0000-4000-8000-000000000001',
    requestId: 'request-1',
    correlationId: '99999999-0000-4000-8000-000000000001',
    traceparent,
    message: 'Weather in Dallas?',
    history: [],
    mode: 'direct',
    flow: person === undefined ? 'autonomous' : 'obo',
    user: person === undefined ? undefined : verifiedUser(person),
    signal,
    trace: new TraceRecorder(() => undefined),
    write: () => undefined,
    notice: () => undefined,
  }
}

export const refusal = (code: string) => expect.objectContaining({ code })
export const stepsOf = (turn: Turn, kind: string) => turn.trace.steps.filter(step => step.kind === kind)
export const answerReport: RequestListener = (_request, response) => json(200, report())(response)
