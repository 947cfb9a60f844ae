import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import type { Claims } from '@entra-agents/tokens/testing/token-issuer'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { identities } from '../../support/identities.ts'
import { postJson } from '../../support/post-json.ts'
import { connectClient, revisions } from '../mcp-server/clients.ts'
import { type RunningWeatherApi, startWeatherApi } from './service.ts'

const newAlert = {
  city: 'Oslo',
  when: { kind: 'temperature-below', celsius: -5 },
  untilDate: new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10),
}
const atTemperature = (celsius: unknown) => ({ ...newAlert, when: { ...newAlert.when, celsius } })

interface SendOptions {
  readonly token?: string
  readonly key?: string | undefined
  readonly body?: unknown
}

describe('alerts', () => {
  const file = temporaryFile('alerts.sqlite')
  let api: RunningWeatherApi
  /** A new user in each test. */
  let user: string
  const start = async (env: Readonly<Record<string, string>> = {}) => {
    await api?.close()
    api = await startWeatherApi({ ALERTS_FILE: file, ...env })
  }
  beforeAll(() => start())
  beforeEach(() => {
    user = crypto.randomUUID()
  })
  afterAll(() => api.close())

  const forUser = (oid = user, claims: Claims = {}) =>
    api.onBehalfOf({ oid, scp: 'Alerts.ReadWrite', ...claims })
  const forBen = () => forUser(identities.ben.oid)
  const ofAgent = (role = 'Alerts.ReadWrite.All') => api.autonomous({ roles: [role] })

  async function send(method: string, path: string, { token = forUser(), key, body }: SendOptions = {}) {
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text && JSON.parse(text) }
  }
  const create = (options: SendOptions = {}) =>
    send('POST', '/alerts', { key: 'key-1', body: newAlert, ...options })
  const list = async (token = forUser()) => (await send('GET', '/alerts', { token })).body.alerts
  /** An alert as the list has it. */
  const compared = (alert: object) => ({
    ...alert,
    now: { celsius: expect.any(Number), observedAt: expect.any(String), source: 'climate-normals' },
    reached: expect.any(Boolean),
  })
  /** Status and code of a refusal. */
  const refusal = async (sent: ReturnType<typeof send>) => {
    const { status, body } = await sent
    return `${status} ${body.code}`
  }

  it('belong to the user for whom the agent calls, are found at the Location of the response, and can be deleted any number of times', async () => {
    const { status, headers, body } = await create()
    const { validated, ...alert } = body
    expect({ status, alert }).toEqual({
      status: 201,
      alert: { ...newAlert, id: expect.any(String), createdAt: expect.any(String) },
    })
    expect(validated).toMatchObject({ flow: 'obo', on_behalf_of: user })
    expect((await send('GET', headers.get('location') ?? '')).body).toMatchObject(alert)
    const path = `/alerts/${alert.id}`
    expect(await list(forBen())).toEqual([])
    expect(await refusal(send('GET', path, { token: forBen() }))).toBe('404 ALERT_NOT_FOUND')
    expect((await send('DELETE', path, { token: forBen() })).status).toBe(204)
    expect(await list()).toEqual([compared(alert)])
    for (const _time of [1, 2]) expect(await send('DELETE', path)).toMatchObject({ status: 204, body: '' })
    expect(await list()).toEqual([])
  })

  it('belong to the agent when it calls as itself', async () => {
    expect((await create({ token: ofAgent() })).body.validated).toMatchObject({ on_behalf_of: null })
    expect([await list(ofAgent()), await list()]).toEqual([[expect.objectContaining(newAlert)], []])
  })

  it('are created once by calls with the same key, with or without quotation marks, in parallel or after a restart', async () => {
    const token = forUser()
    const parallel = await Promise.all(['key-1', '"key-1"', 'key-1'].map(key => create({ key, token })))
    await start()
    const answers = [...parallel, await create()]
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201])
    expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1)
    expect(await list()).toHaveLength(1)
  })

  it('are returned with status 200 to a call with another key, and refused to a call with the same key for another alert', async () => {
    const { body } = await create()
    const again = await create({ key: 'key-2', body: { ...newAlert, city: 'oslo' } })
    expect(again).toMatchObject({ status: 200, body: { id: body.id, city: 'Oslo' } })
    const inBergen = { body: { ...newAlert, city: 'Bergen' } }
    expect(await refusal(create(inBergen))).toBe('422 IDEMPOTENCY_KEY_REUSED')
    expect((await create({ token: forBen(), ...inBergen })).status).toBe(201)
    expect(await list()).toHaveLength(1)
  })

  it('are not created from calls that are not valid', async () => {
    const calls: Readonly<Record<string, SendOptions>> = {
      'no key': { key: undefined },
      'an empty key': { key: '' },
      'a key of 65 characters': { key: 'k'.repeat(65) },
      'a key with only one quotation mark': { key: '"key-1' },
      'a key of other characters': { key: 'key 1' },
      'no city': { body: { ...newAlert, city: '' } },
      'a temperature as text': { body: atTemperature('-5') },
      'no temperature': { body: atTemperature(null) },
      'a temperature that is never reached': { body: atTemperature(-91) },
      'another kind': { body: { ...newAlert, when: { ...newAlert.when, kind: 'rain' } } },
      'a day that is past': { body: { ...newAlert, untilDate: '2020-01-01' } },
      'an unknown member': { body: { ...newAlert, owner: identities.ben.oid } },
      'a list': { body: [newAlert] },
    }
    const refusals: string[] = []
    for (const [what, options] of Object.entries(calls)) {
      const { status, body } = await create(options)
      refusals.push(`${what}: ${status} ${body.code}, ${body.detail}\n`)
    }
    await expect(refusals.join('')).toMatchFileSnapshot('invalid-alerts.txt')
    expect(await list()).toEqual([])
  })

  it('need rights of their own, which do not allow reading weather', async () => {
    for (const token of [forUser(user, { scp: 'Weather.Read' }), ofAgent('Weather.Read.All')]) {
      expect(await refusal(send('GET', '/alerts', { token }))).toBe('403 WEATHER_FORBIDDEN')
      expect(await refusal(send('DELETE', `/alerts/${user}`, { token }))).toBe('403 WEATHER_FORBIDDEN')
    }
    expect((await send('GET', '/weather?city=Oslo')).status).toBe(403)
  })

  it('are described in OpenAPI with all their responses', async () => {
    const { paths } = (await send('GET', '/openapi.json')).body
    const { responses, parameters } = paths['/alerts'].post
    expect(Object.keys(responses).join(' ')).toBe('200 201 400 401 403 409 422 429 503')
    expect(parameters).toMatchObject([{ in: 'header', name: 'idempotency-key', required: true }])
    expect(Object.keys(paths['/alerts/{id}'].delete.responses)).toContain('204')
    const { alerts } = paths['/alerts'].get.responses[200].content['application/json'].schema.properties
    expect(alerts.items.required).toEqual(expect.arrayContaining(['now', 'reached']))
  })

  describe('as tools of MCP', () => {
    const call = (client: Awaited<ReturnType<typeof connectClient>>, name: string, args = {}, key?: string) =>
      client.callTool({
        name,
        arguments: args,
        ...(key === undefined ? {} : { _meta: { 'entra-bedrock-agent/idempotency-key': key } }),
      })

    it.each(revisions)(
      'are the same alerts as over REST, with the same idempotency keys (%s)',
      async revision => {
        await using mcp = await connectClient(api.url, revision, forUser())
        const { tools } = await mcp.listTools()
        const changes = { readOnlyHint: false, idempotentHint: true, openWorldHint: false }
        const hints = Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations]))
        expect(hints).toMatchObject({
          create_alert: { ...changes, destructiveHint: false },
          delete_alert: { ...changes, destructiveHint: true },
          list_alerts: { readOnlyHint: true },
        })
        const { structuredContent: alert, _meta } = await call(mcp, 'create_alert', newAlert, 'key-1')
        expect([alert, _meta?.['validated']]).toMatchObject([newAlert, { on_behalf_of: user }])
        expect((await create()).body).toMatchObject(alert as object)
        for (const [code, city, key] of [
          ['IDEMPOTENCY_KEY_REUSED', 'Rome', 'key-1'],
          ['INVALID_REQUEST', 'Oslo', 'no key'],
        ] as const)
          expect(await call(mcp, 'create_alert', { ...newAlert, city }, key)).toMatchObject({
            ...{ isError: true, _meta: { problem: { code } } },
          })
        expect((await call(mcp, 'list_alerts')).structuredContent).toEqual({
          alerts: [compared(alert as object)],
        })
        const { id } = alert as { id: string }
        expect((await call(mcp, 'delete_alert', { id })).structuredContent).toEqual({ deleted: id })
        expect(await list()).toEqual([])
      },
    )

    it('need the right of the called tool, even if another right lets the client connect', async () => {
      const [revision] = revisions
      await using reader = await connectClient(api.url, revision, forUser(user, { scp: 'Weather.Read' }))
      await expect(call(reader, 'list_alerts')).rejects.toThrow()
      expect((await call(reader, 'get_weather', { city: 'Rome' })).isError).toBeUndefined()
      await using owner = await connectClient(api.url, revision, forUser())
      await expect(call(owner, 'get_weather', { city: 'Rome' })).rejects.toThrow()
    })
  })

  describe('with an authentication context', () => {
    beforeAll(() => start({ ALERTS_AUTH_CONTEXT: 'c1' }))
    const challenge = () =>
      `Bearer realm="${identities.tenantId}", authorization_uri="${api.issuer.url}/${identities.tenantId}/oauth2/v2.0/authorize", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19"`

    it('are changed for a user, not for an agent as itself, only if the token proves the context; a refusal does not use up the idempotency key', async () => {
      for (const acrs of [undefined, [], ['c10']]) {
        const { status, headers, body } = await create({ token: forUser(user, { acrs }) })
        expect([status, headers.get('www-authenticate')]).toEqual([401, challenge()])
        expect(body).toMatchObject({ code: 'WEATHER_CONTEXT_MISSING', failedCheck: 'context' })
      }
      const { status, body } = await create({ token: forUser(user, { acrs: ['c1'] }) })
      expect([status, body.validated.checks.at(-1)]).toEqual([201, { name: 'context', ok: true }])
      expect((await send('DELETE', `/alerts/${body.id}`)).status).toBe(401)
      expect(await list()).toHaveLength(1)
      expect((await create({ token: ofAgent() })).status).toBe(201)
    })

    it('are changed by MCP only with proof of the context, in a batch too', async () => {
      const [revision] = revisions
      const post = (body: object, headers = {}) =>
        postJson(`${api.url}/mcp`, body, { token: forUser(), headers })
      const call = (name: string) => ({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name, arguments: newAlert },
      })
      const refused = await post(call('create_alert'), {
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': revision,
        'mcp-method': 'tools/call',
        'mcp-name': 'create_alert',
      })
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, challenge()])
      expect((await post([{ method: 'ping' }, call('delete_alert')])).status).toBe(401)
      expect(await list()).toEqual([])
    })
  })

  it('do not exist unless a file for them is configured', async () => {
    await start({ ALERTS_FILE: '' })
    expect((await create()).status).toBe(404)
    const { paths } = (await send('GET', '/openapi.json')).body
    expect(Object.keys(paths)).not.toContain('/alerts')
  })
})
