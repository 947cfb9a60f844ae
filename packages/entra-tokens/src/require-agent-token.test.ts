import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api'
import Fastify from 'fastify'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import type { Access } from './access.ts'
import { type RequireAgentTokenOptions, requireAgentToken } from './require-agent-token.ts'
import { describeWeatherApi } from './testing/protected-api.ts'

const identity = {
  flow: 'autonomous',
  caller: 'agent-1',
  objectId: 'agent-1',
  tenantId: 'tenant-1',
  blueprintAppId: undefined,
  tokenId: 'token-1',
} as const
const whose = {
  'app.flow': 'autonomous',
  'app.entra.agent.client_id': 'agent-1',
  'app.entra.token_id': 'token-1',
}
const nobodys = {
  'app.flow': undefined,
  'app.entra.agent.client_id': undefined,
  'app.entra.token_id': undefined,
}
const refusal = { failedCheck: 'permission', reason: 'The token lacks a permission.' } as const

/** Calls a protected route with a token, and returns the log lines, metrics and spans of the call. */
async function observe(
  refused?: Access['refusal'],
  headers: Record<string, string> = { authorization: 'Bearer e30.e30.e30' },
) {
  const spans: { name: string; attributes: Attributes; status?: unknown; ended?: true }[] = []
  const startSpan = (name: string) => {
    const seen: (typeof spans)[number] = { name, attributes: {} }
    spans.push(seen)
    const span: Pick<Span, 'setAttribute' | 'setAttributes' | 'setStatus' | 'end'> = {
      setAttribute: (key, value) => span.setAttributes({ [key]: value }),
      setAttributes(attributes) {
        Object.assign(seen.attributes, attributes)
        return span as Span
      },
      setStatus(status) {
        seen.status = status
        return span as Span
      },
      end() {
        seen.ended = true
      },
    }
    return span as Span
  }
  const access: Access = { identity, checks: [], ...(refused ? { refusal: refused } : {}) }
  const ask = async (options: Pick<RequireAgentTokenOptions, 'tracer' | 'metrics'>) => {
    const app = Fastify()
    const check = { check: async () => access, close: async () => undefined }
    await app.register(requireAgentToken, {
      ...describeWeatherApi('https://login.microsoftonline.com'),
      check,
      ...options,
    })
    app.get('/', () => 'open')
    const { status } = await fetch(await app.listen({ host: '127.0.0.1', port: 0 }), { headers })
    await app.close()
    return status
  }
  const metrics = new Registry()
  const status = await ask({ tracer: { startSpan }, metrics })
  expect(await ask({})).toBe(status)
  const decisions = (await metrics.metrics()).split('\n').filter(line => line.startsWith('weather_api_token'))
  return { status, spans, decisions }
}

it('An accepted token makes a span with its caller, and counts as a decision', async () => {
  expect(await observe()).toEqual({
    status: 200,
    spans: [{ name: 'validate token', attributes: whose, ended: true }],
    decisions: ['weather_api_token_decisions_total{flow="autonomous",outcome="OK"} 1'],
  })
})

it('A refused token makes a failed span with the check, and counts as a decision', async () => {
  expect(await observe(refusal)).toEqual({
    status: 403,
    spans: [
      {
        name: 'validate token',
        attributes: { ...whose, 'error.type': 'permission' },
        status: { code: SpanStatusCode.ERROR },
        ended: true,
      },
    ],
    decisions: ['weather_api_token_decisions_total{flow="autonomous",outcome="permission"} 1'],
  })
})

it('A request without a token makes a failed span with the problem’s code and no caller', async () => {
  expect(await observe(undefined, {})).toEqual({
    status: 401,
    spans: [
      {
        name: 'validate token',
        attributes: { ...nobodys, 'error.type': 'WEATHER_TOKEN_MISSING' },
        status: { code: SpanStatusCode.ERROR },
        ended: true,
      },
    ],
    decisions: ['weather_api_token_decisions_total{flow="",outcome="WEATHER_TOKEN_MISSING"} 1'],
  })
})
