import { expect, it, onTestFinished } from 'vitest'
import { identities } from '../../support/identities.ts'
import { startWeatherApi } from '../weather-api/service.ts'

const path = '/.well-known/oauth-protected-resource/mcp'

async function start(PUBLIC_URL = '') {
  const api = await startWeatherApi({ PUBLIC_URL })
  onTestFinished(() => api.close())
  return api
}

it('A public URL has metadata that says where its tokens come from; only refusals of /mcp point to the metadata', async () => {
  const api = await start('https://weather.example/mcp')
  const scope = `api://${identities.weatherAppId}/Weather.Read`
  expect(await api.get(path)).toMatchObject({
    status: 200,
    contentType: 'application/json; charset=utf-8',
    body: {
      resource: 'https://weather.example/mcp',
      authorization_servers: [`${api.issuer.url}/${identities.tenantId}/v2.0`],
      scopes_supported: [scope],
      bearer_methods_supported: ['header'],
    },
  })
  const pointer = `, scope="${scope}", resource_metadata="https://weather.example${path}"`
  for (const authorization of ['', 'Bearer abc', `Bearer ${api.autonomous({ roles: [] })}`]) {
    const { headers } = await fetch(`${api.url}/mcp`, { method: 'POST', headers: { authorization } })
    expect(headers.get('www-authenticate')?.endsWith(pointer)).toBe(true)
  }
  expect((await api.get('/weather')).challenge).toBe('Bearer realm="weather-api"')
})

it('There are no metadata without a public URL, under whose host name the endpoint answers, too', async () => {
  const api = await start()
  expect([(await api.get(path)).status, (await api.get('/mcp')).status]).toEqual([404, 421])
  expect((await (await start('https://weather-api/mcp')).get('/mcp')).status).toBe(401)
})
