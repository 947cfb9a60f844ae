import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeEach } from 'vitest'
import { buildApp } from '../app.ts'
import { readConfig } from '../config.ts'
import type { Entra } from '../entra.ts'
import demo from '../seed/demo.json' with { type: 'json' }

export const tenantId = demo.tenant.id
export const blueprintAppId = demo.blueprints.weather.id
export const agentId = demo.blueprints.weather.agents['weather-agent'].id
export const weatherAppId = demo.apps['weather-api'].id
export const spaAppId = demo.apps.page.id
export const setupAppId = demo.apps['set-up'].id

export interface TestEntra extends AsyncDisposable {
  /** The emulator's URL as clients see it. */
  readonly url: string
  /** The address at which the emulator really listens. */
  readonly address: ReturnType<Server['address']>
  readonly entra: Entra
  /** Sends a request to the emulator within this process, without a socket. */
  readonly fetch: SendRequest
  readonly close: () => Promise<void>
}

/** The part of `fetch` that these tests use. */
export type SendRequest = (url: string, init: RequestInit) => Promise<Response>

/** A listening emulator with the demo's directory and with secrets for both the blueprint and the set-up application. */
export async function startEntra(
  env: Readonly<Record<string, string>> = {},
  seed?: object,
): Promise<TestEntra> {
  const secrets = { BLUEPRINT_CLIENT_SECRET: 'blueprint-secret', SETUP_CLIENT_SECRET: 'setup-secret' }
  const app = buildApp(readConfig({ LOG_LEVEL: 'silent', ...secrets, ...env }, seed))
  await app.listen({ port: 0, host: 'localhost' })
  const close = async () => {
    await app.close()
  }
  const address = app.server.address()
  const fetch = inProcess(app)
  return { url: app.entra.publicUrl, address, entra: app.entra, fetch, close, [Symbol.asyncDispose]: close }
}

function inProcess(app: FastifyInstance): SendRequest {
  return async (url, { method, headers, body }) => {
    const { host, pathname, search } = new URL(url)
    const { statusCode, payload, ...response } = await app.inject({
      method: method as 'GET',
      url: `${pathname}${search}`,
      headers: { host, ...Object.fromEntries(new Headers(headers)) },
      ...(typeof body === 'string' ? { payload: body } : {}),
    })
    const given = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const)
    return new Response(statusCode === 204 ? null : payload, {
      status: statusCode,
      headers: given.map(one => [...one]),
    })
  }
}

/** One emulator for all tests of a file: reset before each test, closed after the last. */
export async function startEntraForFile(...options: Parameters<typeof startEntra>): Promise<TestEntra> {
  const started = await startEntra(...options)
  beforeEach(() => started.entra.reset())
  afterAll(started.close)
  return started
}

export interface TokenResponse {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails if the body differs
  readonly body: any
}

/** Posts a form to the token endpoint. */
export async function requestToken(
  { url }: Pick<TestEntra, 'url'>,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenResponse> {
  const response = await fetch(`${url}/${tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(fields),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}
