import { answerWithProblems } from '@entra-bedrock-agent/service-kit'
import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api'
import Fastify from 'fastify'
import { expect, it } from 'vitest'
import type { Access } from './access.ts'
import { type Observers, requireToken } from './require-token.ts'

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

/** Asks a route that a token of this access opens, and returns what observers saw of that. */
async function observe(
  refused?: Access['refusal'],
  headers: Record<string, string> = { authorization: 'Bearer e30.e30.e30' },
) {
  const spans: { name: string; attributes: Attributes; status?: unknown; ended?: true }[] = []
  const decisions: unknown[] = []
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
  const ask = async (observers: Observers) => {
    const app = Fastify()
    answerWithProblems(app)
    const validator = { validate: async () => access }
    requireToken(app, validator, observers)
    app.get('/', () => 'open')
    const { status } = await fetch(await app.listen({ host: '127.0.0.1', port: 0 }), { headers })
    await app.close()
    return status
  }
  const status = await ask({
    tracer: { startSpan },
    metrics: { tokenDecided: (...decision) => void decisions.push(decision) },
  })
  expect(await ask({ tracer: undefined, metrics: undefined })).toBe(status)
  return { status, spans, decisions }
}

it('A token that opens the route is a span that says whose it is, and a decision', async () => {
  expect(await observe()).toEqual({
    status: 200,
    spans: [{ name: 'validate token', attributes: whose, ended: true }],
    decisions: [['OK', 'autonomous']],
  })
})

it('A genuine token that does not is a span that failed, by the check', async () => {
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
    decisions: [['permission', 'autonomous']],
  })
})

it('A request without a token is a span that failed, by our code, and is nobody’s', async () => {
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
    decisions: [['WEATHER_TOKEN_MISSING', undefined]],
  })
})
