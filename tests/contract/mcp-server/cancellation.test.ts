import { expect, it } from 'vitest'
import { autonomousClaims } from '../../support/agent-tokens.ts'
import { startOpenMeteoStub } from '../weather-api/open-meteo-stub.ts'
import { startWeatherApi } from '../weather-api/service.ts'
import { connect } from './clients.ts'

it('a call that the client cancels is given up at once, and with it the request to Open-Meteo', async () => {
  const lines: string[] = []
  const meteo = await startOpenMeteoStub()
  const api = await startWeatherApi(
    {
      WEATHER_PROVIDER: 'open-meteo',
      OPEN_METEO_GEOCODING_URL: meteo.url,
      OPEN_METEO_FORECAST_URL: meteo.url,
      LOG_LEVEL: 'info',
    },
    { logStream: { write: line => void lines.push(line) } },
  )
  const token = api.issuer.sign(autonomousClaims({ authority: api.issuer.url }))
  const client = await connect(api.url, '2026-07-28', token)
  try {
    meteo.fail('silence')
    const user = new AbortController()
    const call = client.callTool(
      { name: 'get_weather', arguments: { city: 'Oslo' } },
      { signal: user.signal },
    )
    await expect.poll(() => meteo.requests.length).toBe(1)
    user.abort()
    await expect(call).rejects.toThrow()
    // Well before Open-Meteo's own time is up.
    await expect.poll(() => meteo.abandoned, { timeout: 2_000 }).toBe(1)
    await expect
      .poll(() => lines.map(line => JSON.parse(line)))
      .toContainEqual(expect.objectContaining({ level: 30, tool: 'get_weather', code: 'REQUEST_ABORTED' }))

    meteo.fail(undefined)
    const next = await client.callTool({ name: 'get_weather', arguments: { city: 'Oslo' } })
    expect(next.structuredContent).toMatchObject({ city: 'Oslo', source: 'open-meteo' })
  } finally {
    await client.close()
    await api.close()
    await meteo.stop()
  }
})
