import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api'
import { Registry } from '@prometheus-io/client'
import Fastify from 'fastify'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Access, AccessNeeds } from './access.ts'
import { tokenProblems } from './problem-texts.ts'
import { type RequireAgentTokenOptions, requireAgentToken } from './require-agent-token.ts'
import { autonomousClaims } from './testing/agent-claims.ts'
import { weatherApiOptions } from './testing/protected-api.ts'
import { createIssuer } from './testing/token-issuer.ts'

const identity = {
  flow: 'autonomous',
  caller: 'agent-1',
  objectId: 'agent-1',
  tenantId: 'tenant-1',
  blueprintAppId: undefined,
  tokenId: 'token-1',
} as const
const callerAttributes = {
  'app.flow': 'autonomous',
  'app.entra.agent.client_id': 'agent-1',
  'app.entra.token_id': 'token-1',
}
const noCallerAttributes = {
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
      ...weatherApiOptions('https://login.microsoftonline.com'),
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

it('An accepted token adds a span that names the caller, and adds one to the counted decisions', async () => {
  expect(await observe()).toEqual({
    status: 200,
    spans: [{ name: 'validate token', attributes: callerAttributes, ended: true }],
    decisions: ['weather_api_token_decisions_total{flow="autonomous",outcome="OK"} 1'],
  })
})

it('A refused token adds a failed span that names the failed check, and adds one to the counted decisions', async () => {
  expect(await observe(refusal)).toEqual({
    status: 403,
    spans: [
      {
        name: 'validate token',
        attributes: { ...callerAttributes, 'error.type': 'permission' },
        status: { code: SpanStatusCode.ERROR },
        ended: true,
      },
    ],
    decisions: ['weather_api_token_decisions_total{flow="autonomous",outcome="permission"} 1'],
  })
})

it('A request without a token adds a failed span that has the problem’s code, but no caller', async () => {
  expect(await observe(undefined, {})).toEqual({
    status: 401,
    spans: [
      {
        name: 'validate token',
        attributes: { ...noCallerAttributes, 'error.type': 'WEATHER_TOKEN_MISSING' },
        status: { code: SpanStatusCode.ERROR },
        ended: true,
      },
    ],
    decisions: ['weather_api_token_decisions_total{flow="",outcome="WEATHER_TOKEN_MISSING"} 1'],
  })
})

/** Starts an API that decides about each token by `decide`; returns ways to call the API and to read its audit log. */
async function startApi(
  options: Partial<RequireAgentTokenOptions> & { readonly decide?: () => Access } = {},
  logger: object = {},
) {
  const { decide = () => ({ identity, checks: [] }), ...others } = options
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const app = Fastify({ logger: { stream, ...logger } })
  onTestFinished(() => app.close())
  const close = vi.fn(async () => undefined)
  await app.register(requireAgentToken, {
    ...weatherApiOptions('https://login.microsoftonline.com'),
    check: { check: async () => decide(), close },
    ...others,
  })
  app.get('/things/:id', () => 'open')
  const ask = async (path = '/things/1', headers = { authorization: 'Bearer e30.e30.e30' }) => {
    const { statusCode: status, body, headers: answered } = await app.inject({ url: path, headers })
    return { status, body, challenge: answered['www-authenticate'] }
  }
  const audited = () =>
    lines
      .filter(({ audit }) => audit !== undefined)
      .map(({ pid: _pid, hostname: _hostname, time: _time, ...entry }) => entry)
  return { app, ask, audited, close }
}

describe('the audit log', () => {
  const who = {
    flow: 'autonomous',
    caller: 'agent-1',
    objectId: 'agent-1',
    tenantId: 'tenant-1',
    tokenId: 'token-1',
  }
  const allowed = { level: 30, audit: 'allowed', msg: 'Access allowed.', ...who }
  const refused = { level: 40, audit: 'refused', msg: 'Access refused.' }

  it('says who called which route, without the address, and whether the call was allowed', async () => {
    const decisions: Access[] = [
      { identity, checks: [] },
      { identity, checks: [], refusal },
    ]
    const { ask, audited } = await startApi({ decide: () => decisions.shift() as Access })
    for (const path of ['/things/1', '/things/2']) await ask(path)
    await ask('/things/3', { authorization: '' })
    await ask('/nowhere', { authorization: '' })
    const action = 'GET /things/:id'
    expect(audited()).toEqual([
      { ...allowed, requestId: 'req-1', action },
      { ...refused, ...who, requestId: 'req-2', action, reason: 'permission' },
      { ...refused, requestId: 'req-3', action, reason: 'WEATHER_TOKEN_MISSING' },
      { ...refused, requestId: 'req-4', action: 'GET ', reason: 'WEATHER_TOKEN_MISSING' },
    ])
  })

  it('has the caller’s id even if the log of the app redacts such ids', async () => {
    const { ask, audited } = await startApi({}, { redact: ['caller', '*.caller'] })
    await ask()
    expect(audited()).toMatchObject([{ caller: 'agent-1' }])
  })

  it('has one line for each different permission that a call needs, up to the first one that the token lacks', async () => {
    const needs = [1, 2, 3].map(n => ({ permissions: { autonomous: `Need.${n}` } }))
    const [first, second, third] = needs as [AccessNeeds, AccessNeeds, AccessNeeds]
    const checked: unknown[] = []
    const check = {
      check: async (_token: string, needed?: AccessNeeds): Promise<Access> => {
        checked.push(needed)
        return { identity, checks: [], ...(needed === second ? { refusal } : {}) }
      },
      close: async () => undefined,
    }
    const { ask, audited } = await startApi({ check, needsOf: () => [first, first, second, third] })
    expect(await ask()).toMatchObject({ status: 403 })
    expect(checked.slice(1)).toEqual([first, second])
    expect(audited().map(({ audit }) => audit)).toEqual(['allowed', 'allowed', 'refused'])
  })
})

describe('a problem', () => {
  it('has a code that begins with the name of the API, if no prefix is set', async () => {
    const { ask } = await startApi({ name: 'my-own-api', codePrefix: undefined } as object)
    const { body, challenge } = await ask('/', { authorization: '' })
    expect(JSON.parse(body)).toMatchObject({
      code: 'MY_OWN_API_TOKEN_MISSING',
      title: tokenProblems.TOKEN_MISSING.title,
    })
    expect(challenge).toBe('Bearer realm="my-own-api"')
  })

  it('has the title and hint that the API defines for the problem’s code', async () => {
    const words = { status: 401, title: 'No token, no weather.', hint: 'Bring one.' }
    const { ask } = await startApi({ problems: { WEATHER_TOKEN_MISSING: words } })
    const { body } = await ask('/', { authorization: '' })
    expect(JSON.parse(body)).toMatchObject({ title: words.title, hint: words.hint })
  })
})

describe('the plugin', () => {
  it('closes its own check when the app closes, but not a shared check', { timeout: 10_000 }, async () => {
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(new AbortController().signal)
    const issuer = await createIssuer()
    onTestFinished(() => issuer.close())
    const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>()
    issuer.answerKeysWith((_request, response) => resolve(response))
    const token = issuer.sign(autonomousClaims({ authority: issuer.url }))
    const own = await startApi({ ...weatherApiOptions(issuer.url), check: undefined } as object)
    const answer = own.ask('/things/1', { authorization: `Bearer ${token}` })
    const fetching = once(await asked, 'close')
    await own.app.close()
    await fetching
    expect(await answer).toMatchObject({ status: 503 })
    const shared = await startApi()
    await shared.app.close()
    expect(shared.close).not.toHaveBeenCalled()
  })

  it('counts the decisions of all its registrations together', async () => {
    const metrics = new Registry()
    const name = 'my-own-api'
    const denyList = { isRead: true, ageSeconds: 7 }
    const check = { check: async (): Promise<Access> => ({ identity, checks: [] }), denyList, close: vi.fn() }
    for (const { ask } of [
      await startApi({ name, metrics, check }),
      await startApi({ name, metrics, check }),
    ])
      await ask()
    const lines = (await metrics.metrics()).split('\n').filter(line => line !== '')
    expect(lines).toEqual([
      expect.stringMatching(/^# HELP my_own_api_token_decisions_total \w+/),
      '# TYPE my_own_api_token_decisions_total counter',
      'my_own_api_token_decisions_total{flow="autonomous",outcome="OK"} 2',
      expect.stringMatching(/^# HELP my_own_api_deny_list_age_seconds \w+/),
      '# TYPE my_own_api_deny_list_age_seconds gauge',
      'my_own_api_deny_list_age_seconds 7',
    ])
  })

  it('declares its name, its request decorator, and its version of Fastify', async () => {
    const { app } = await startApi()
    expect(app.hasPlugin('require-agent-token')).toBe(true)
    expect(app.hasRequestDecorator('access')).toBe(true)
    expect(Object(requireAgentToken)[Symbol.for('plugin-meta')]).toMatchObject({ fastify: '5.x' })
  })
})
