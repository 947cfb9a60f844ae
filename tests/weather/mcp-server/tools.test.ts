import type { Client } from '@modelcontextprotocol/client'
import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { startOpenMeteoStub } from '../weather-api/open-meteo-stub.ts'
import { startWeatherApi } from '../weather-api/service.ts'
import { connectClient, revisions } from './clients.ts'

type Call = readonly [name: string, given: Readonly<Record<string, unknown>>]

const failingCalls: readonly Call[] = [
  ['get_forecast', { city: 'Dalas' }],
  ['get_forecast', {}],
  ['get_forecast', { city: '' }],
  ['get_forecast', { city: 'a'.repeat(101) }],
  ['get_forecast', { city: 'Rome', days: 0 }],
  ['get_forecast', { city: 'Rome', days: 8 }],
  ['get_forecast', { city: 'Rome', days: '3' }],
  ['get_secrets', {}],
]

/** What a client reads when a call fails. */
async function describeFailure(client: Client, [name, given]: Call): Promise<string> {
  const call = `${name} ${JSON.stringify(given).replace(/a{101}/, '<101 letters>')}`
  const answered = client.callTool({ name, arguments: given })
  const { isError, content, _meta } = await answered.catch(({ code, message }) => ({
    isError: `protocol error ${code}`,
    content: message,
    _meta: undefined,
  }))
  const { validated, problem } = Object(_meta)
  const lines = [`${call}: ${isError}`, JSON.stringify(content), JSON.stringify(problem), validated?.caller]
  return lines.filter(line => line !== undefined).join('\n    ')
}

const api = await forFile(startWeatherApi())
const token = api.autonomous()

describe.each(revisions)('the weather API as an MCP server of revision %s', async revision => {
  const client = await forFile(connectClient(api.url, revision, token))

  it('has the tools, and refuses calls in the words, of the golden text, which is the same for each revision', async () => {
    expect(client.getNegotiatedProtocolVersion()).toBe(revision)
    const { tools } = await client.listTools()
    const shapes = tools.map(({ name, inputSchema, outputSchema }) => ({
      ...{ name, properties: inputSchema.properties, required: inputSchema.required },
      returns: outputSchema?.['required'],
    }))
    const capabilities = client.getServerCapabilities()
    const failures: string[] = []
    for (const call of failingCalls) failures.push(await describeFailure(client, call))
    const ids = /"requestId":"[^"]+"/g
    const text = [JSON.stringify({ capabilities, tools: shapes }, undefined, 2), ...failures, ''].join('\n')
    await expect(text.replaceAll(ids, '"requestId":"…"')).toMatchFileSnapshot('tools.txt')
  })

  it.each<[...Call, path: string]>([
    ['get_weather', { city: 'Dallas' }, '/weather?city=Dallas'],
    ['get_forecast', { city: 'Sydney', days: 2 }, '/weather/forecast?city=Sydney&days=2'],
    ['get_forecast', { city: 'Sydney' }, '/weather/forecast?city=Sydney&days=3'],
  ])('returns for %s %j the same as the REST route, as structure and as text', async (name, given, path) => {
    const { validated, ...weather } = (await api.ask(token, path)).body
    const result = await client.callTool({ name, arguments: given })
    expect(result.isError).toBeUndefined()
    const observed = name === 'get_weather' && { observed_at: expect.any(String) }
    expect(result.structuredContent).toEqual({ ...weather, ...observed })
    expect(result.content).toEqual([{ type: 'text', text: JSON.stringify(result.structuredContent) }])
    expect(result._meta?.['validated']).toEqual(validated)
  })

  it('names the user of each of many concurrent calls in the metadata of its result, not in what the model gets', async () => {
    const oids = Array.from({ length: 30 }, (_, index) => `user-${index}`)
    const results = await Promise.all(
      oids.map(async oid => {
        await using user = await connectClient(api.url, revision, api.onBehalfOf({ oid }))
        const { content, structuredContent, _meta } = await user.callTool({
          name: 'get_weather',
          arguments: { city: 'Rome' },
        })
        expect(JSON.stringify([content, structuredContent])).not.toContain(oid)
        return _meta?.['validated']
      }),
    )
    expect(results).toMatchObject(oids.map(oid => ({ flow: 'obo', on_behalf_of: oid })))
  })
})

it('A tool that fails is reported by the title and hint of its problem, and logged with its reason, without internal details and the caller’s words', async () => {
  await using meteo = await startOpenMeteoStub()
  const urls = { OPEN_METEO_GEOCODING_URL: meteo.url, OPEN_METEO_FORECAST_URL: meteo.url }
  const lines: string[] = []
  const logStream = { write: (line: string) => void lines.push(line) }
  await using api = await startWeatherApi(
    { WEATHER_PROVIDER: 'open-meteo', ...urls, LOG_LEVEL: 'trace' },
    { logStream },
  )
  await using client = await connectClient(api.url, revisions[0], api.autonomous())
  meteo.fail({ status: 500, body: '{"reason":"inner secret"}' })
  const text = await describeFailure(client, ['get_weather', { city: 'Oslo' }])
  expect(text).toContain('"The weather source is out of reach. Try again')
  expect(text).toContain('"code":"WEATHER_UNAVAILABLE"')
  expect(text).not.toMatch(new RegExp(`inner secret|\\b500\\b|responded|${meteo.url}`))

  meteo.fail(undefined)
  await client.callTool({ name: 'get_weather', arguments: { city: 'Whisperville' } })
  await client.callTool({ name: 'get_weather', arguments: { city: '', whispered: 1 } })
  await client.callTool({ name: 'whispered', arguments: {} }).catch(() => undefined)
  for (const entry of [
    { level: 50, tool: 'get_weather', code: 'WEATHER_UNAVAILABLE' },
    { level: 30, tool: 'get_weather', code: 'CITY_NOT_FOUND' },
    { audit: 'allowed', action: 'POST /mcp', caller: identities.agentId },
  ])
    expect(lines.map(line => JSON.parse(line))).toContainEqual(expect.objectContaining(entry))
  expect(lines.join('')).not.toMatch(/whisper|eyJ/i)
})
