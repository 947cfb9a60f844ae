import { autonomousClaims } from '@entra-agents/tokens/testing/agent-claims'
import type { Client } from '@modelcontextprotocol/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type OpenMeteoStub, startOpenMeteoStub } from '../weather-api/open-meteo-stub.ts'
import { type RunningWeatherApi, startWeatherApi } from '../weather-api/service.ts'
import { connectClient, revisions } from './clients.ts'

const weatherInOslo = { name: 'get_weather', arguments: { city: 'Oslo' } }

describe('a call of a tool that waits for Open-Meteo', () => {
  let meteo: OpenMeteoStub
  let api: RunningWeatherApi
  let token: string
  let lines: string[]
  const clients: Client[] = []

  beforeEach(async () => {
    lines = []
    meteo = await startOpenMeteoStub()
    api = await startWeatherApi(
      {
        WEATHER_PROVIDER: 'open-meteo',
        OPEN_METEO_GEOCODING_URL: meteo.url,
        OPEN_METEO_FORECAST_URL: meteo.url,
        LOG_LEVEL: 'info',
      },
      { logStream: { write: line => void lines.push(line) } },
    )
    token = api.issuer.sign(autonomousClaims({ authority: api.issuer.url }))
    meteo.fail('silence')
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close()
    await api.close()
    await meteo.close()
  })

  async function openClient(revision: (typeof revisions)[number]): Promise<Client> {
    const client = await connectClient(api.url, revision, token)
    clients.push(client)
    return client
  }

  it('ends when the client cancels it, and the request to Open-Meteo ends too', async () => {
    const client = await openClient('2026-07-28')
    const user = new AbortController()
    const call = client.callTool(weatherInOslo, { signal: user.signal })
    await expect.poll(() => meteo.requests.length).toBe(1)
    user.abort()
    await expect(call).rejects.toThrow()
    await expect.poll(() => meteo.abandoned).toBe(1)
    // The log names the abort by the client, not the time-out for Open-Meteo.
    await expect
      .poll(() => lines.map(line => JSON.parse(line)))
      .toContainEqual(expect.objectContaining({ level: 30, tool: 'get_weather', code: 'REQUEST_ABORTED' }))
  })

  it.each(revisions)('does not disturb later calls when a client of revision %s hangs up', async revision => {
    const client = await openClient(revision)
    const user = new AbortController()
    const call = client.callTool(weatherInOslo, { signal: user.signal })
    await expect.poll(() => meteo.requests.length).toBe(1)
    user.abort()
    await expect(call).rejects.toThrow()
    await client.close()
    meteo.fail(undefined)
    const next = await (await openClient(revision)).callTool({
      name: 'get_weather',
      arguments: { city: 'Portland' },
    })
    expect(next.structuredContent).toMatchObject({ region: 'Oregon', source: 'open-meteo' })
  })
})
