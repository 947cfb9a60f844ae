import { createServer } from '@entra-agents/service-kit'
import type { Caller } from '@entra-agents/tokens'
import { autonomousClaims, onBehalfOfClaims } from '@entra-agents/tokens/testing/agent-claims'
import type { Client } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addMcpRoute } from '../../../services/weather-api/src/mcp/route.ts'
import { identities } from '../../support/identities.ts'
import { type OpenMeteoStub, startOpenMeteoStub } from '../weather-api/open-meteo-stub.ts'
import { type RunningWeatherApi, startWeatherApi } from '../weather-api/service.ts'
import { connectClient, revisions } from './clients.ts'

describe.each(revisions)('the weather API as an MCP server of revision %s', revision => {
  let api: RunningWeatherApi
  let client: Client
  let token: string
  beforeAll(async () => {
    api = await startWeatherApi()
    token = api.issuer.sign(autonomousClaims({ authority: api.issuer.url }))
    client = await connectClient(api.url, revision, token)
  })
  afterAll(async () => {
    await client.close()
    await api.close()
  })

  it('speaks that revision and declares tools as its only capability', () => {
    expect(client.getNegotiatedProtocolVersion()).toBe(revision)
    expect(client.getServerCapabilities()).toEqual({ tools: { listChanged: false } })
  })

  it('lists two tools, with the shapes of their arguments and results', async () => {
    const { tools } = await client.listTools()
    expect(tools).toEqual([
      expect.objectContaining({
        name: 'get_weather',
        inputSchema: expect.objectContaining({ required: ['city'] }),
        outputSchema: expect.objectContaining({ required: expect.arrayContaining(['temperature_c']) }),
      }),
      expect.objectContaining({
        name: 'get_forecast',
        inputSchema: expect.objectContaining({ required: ['city'] }),
        outputSchema: expect.objectContaining({ required: expect.arrayContaining(['days']) }),
      }),
    ])
    expect(tools[1]?.inputSchema.properties?.['days']).toMatchObject({ minimum: 1, maximum: 7, default: 3 })
  })

  it('returns the same weather as the REST route, as structure and as text', async () => {
    const { validated, observed_at: _, ...weather } = (await api.ask(token)).body
    const result = await client.callTool({ name: 'get_weather', arguments: { city: 'Dallas' } })
    expect(result.isError).toBeUndefined()
    expect(result.structuredContent).toEqual({ ...weather, observed_at: expect.any(String) })
    expect(result.content).toEqual([{ type: 'text', text: JSON.stringify(result.structuredContent) }])
    expect(result._meta?.['validated']).toEqual(validated)
  })

  it.each([
    [{ city: 'Sydney', days: 2 }, 'days=2', 2],
    [{ city: 'Sydney' }, '', 3],
  ])('returns the same forecast as the REST route for %j', async (asked, query, count) => {
    const { validated, ...forecast } = (await api.ask(token, `/weather/forecast?city=Sydney&${query}`)).body
    const result = await client.callTool({ name: 'get_forecast', arguments: asked })
    expect(result.structuredContent).toEqual(forecast)
    expect(forecast.days).toHaveLength(count)
    expect(result._meta?.['validated']).toEqual(validated)
  })

  it('names the user of the call in the metadata of the result, not in what the model gets', async () => {
    const forAda = await connectClient(
      api.url,
      revision,
      api.issuer.sign(onBehalfOfClaims({ authority: api.issuer.url })),
    )
    const result = await forAda.callTool({ name: 'get_weather', arguments: { city: 'Rome' } })
    expect(result._meta?.['validated']).toMatchObject({ flow: 'obo', on_behalf_of: identities.ada.oid })
    expect(JSON.stringify([result.content, result.structuredContent])).not.toContain(identities.ada.oid)
    await forAda.close()
  })

  it('reports an unknown city in words, with the names that may have been meant', async () => {
    const result = await client.callTool({ name: 'get_forecast', arguments: { city: 'Dalas' } })
    expect(result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: 'No city of that name is known. Did you mean Dallas?' }],
      _meta: {
        validated: { caller: identities.agentId },
        problem: { code: 'CITY_NOT_FOUND', status: 404, suggestions: ['Dallas'] },
      },
    })
  })

  it.each([
    [{}, 'city'],
    [{ city: '' }, 'city'],
    [{ city: 'a'.repeat(101) }, 'city'],
    [{ city: 'Rome', days: 0 }, 'days'],
    [{ city: 'Rome', days: 8 }, 'days'],
    [{ city: 'Rome', days: '3' }, 'days'],
  ])('refuses the arguments %j and names the wrong argument', async (wrong, name) => {
    const result = await client.callTool({ name: 'get_forecast', arguments: wrong })
    expect(result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: expect.stringContaining(name) }],
    })
  })

  it('refuses a call of an unknown tool', async () => {
    await expect(client.callTool({ name: 'get_secrets', arguments: {} })).rejects.toMatchObject({
      code: -32_602,
    })
  })

  it('never mixes up the callers of 100 concurrent calls', async () => {
    const oids = Array.from({ length: 100 }, (_, index) => `user-${index}`)
    const told = await Promise.all(
      oids.map(async oid => {
        const claims = onBehalfOfClaims({ authority: api.issuer.url, claims: { oid } })
        const user = await connectClient(api.url, revision, api.issuer.sign(claims))
        const result = await user.callTool({ name: 'get_weather', arguments: { city: 'Rome' } })
        await user.close()
        return result._meta?.['validated']
      }),
    )
    expect(told).toEqual(oids.map(oid => expect.objectContaining({ on_behalf_of: oid })))
  })
})

it('an unexpected failure of a tool is reported without its details', async () => {
  const app = createServer({ logLevel: 'silent' })
  const access: Caller = {
    flow: 'autonomous',
    kind: 'agent',
    caller: identities.agentId,
    objectId: identities.agentId,
    tenantId: identities.tenantId,
    blueprintAppId: undefined,
    tokenId: undefined,
    checks: [],
  }
  app.decorateRequest('access')
  app.addHook('onRequest', async request => {
    request.access = access
  })
  const fail = () => {
    throw new Error('inner secret')
  }
  addMcpRoute(app, { weather: { current: fail, forecast: async () => fail() }, alerts: undefined })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  for (const revision of revisions) {
    const client = await connectClient(url, revision, 'any')
    for (const name of ['get_weather', 'get_forecast']) {
      const result = await client.callTool({ name, arguments: { city: 'Rome' } })
      expect(result).toMatchObject({ isError: true, _meta: { problem: { code: 'INTERNAL_ERROR' } } })
      expect(JSON.stringify(result)).not.toContain('secret')
    }
    await client.close()
  }
  await app.close()
})

describe.each(revisions)('a tool that fails in revision %s', revision => {
  let meteo: OpenMeteoStub
  let api: RunningWeatherApi
  let client: Client
  let lines: string[]
  beforeAll(async () => {
    lines = []
    meteo = await startOpenMeteoStub()
    api = await startWeatherApi(
      {
        WEATHER_PROVIDER: 'open-meteo',
        OPEN_METEO_GEOCODING_URL: meteo.url,
        OPEN_METEO_FORECAST_URL: meteo.url,
        LOG_LEVEL: 'trace',
      },
      { logStream: { write: line => void lines.push(line) } },
    )
    const token = api.issuer.sign(autonomousClaims({ authority: api.issuer.url }))
    client = await connectClient(api.url, revision, token)
  })
  afterAll(async () => {
    await client.close()
    await api.close()
    await meteo.close()
  })

  it('is reported by the title and hint of its problem, without internal details', async () => {
    meteo.fail({ status: 500, body: '{"reason":"inner secret"}' })
    const result = await client.callTool({ name: 'get_weather', arguments: { city: 'Oslo' } })
    expect(result).toMatchObject({
      isError: true,
      content: [
        { type: 'text', text: expect.stringMatching(/^The weather source is out of reach\. Try again/) },
      ],
      _meta: { problem: { code: 'WEATHER_UNAVAILABLE', status: 503 } },
    })
    expect(JSON.stringify(result)).not.toMatch(new RegExp(`inner secret|\\b500\\b|responded|${meteo.url}`))
  })

  it('is logged with its name and reason, and without the caller’s words', async () => {
    meteo.fail(undefined)
    await client.callTool({ name: 'get_weather', arguments: { city: 'Whisperville' } })
    await client.callTool({ name: 'get_weather', arguments: { city: '', whispered: 1 } })
    await client.callTool({ name: 'whispered', arguments: {} }).catch(() => undefined)
    const entries = lines.map(line => JSON.parse(line))
    expect(entries).toContainEqual(
      expect.objectContaining({ level: 50, tool: 'get_weather', code: 'WEATHER_UNAVAILABLE' }),
    )
    expect(entries).toContainEqual(
      expect.objectContaining({ level: 30, tool: 'get_weather', code: 'CITY_NOT_FOUND' }),
    )
    expect(entries).toContainEqual(
      expect.objectContaining({ audit: 'allowed', action: 'POST /mcp', caller: identities.agentId }),
    )
    expect(lines.join('')).not.toMatch(/whisper|eyJ/i)
  })
})
