import { autonomousClaims } from '@entra-agents/tokens/testing/agent-claims'
import { afterEach, describe, expect, it } from 'vitest'
import { identities } from '../../support/identities.ts'
import { type RunningWeatherApi, startWeatherApi } from '../weather-api/service.ts'

const paths = ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp']
const publicUrl = 'https://weather.example/mcp'
const scope = `api://${identities.weatherAppId}/Weather.Read`

describe('the metadata of the protected resource', () => {
  let api: RunningWeatherApi
  afterEach(() => api.close())

  it('tells every caller where tokens for the public URL come from', async () => {
    api = await startWeatherApi({ PUBLIC_URL: publicUrl })
    for (const path of paths)
      expect(await api.get(path)).toMatchObject({
        status: 200,
        contentType: 'application/json; charset=utf-8',
        body: {
          resource: publicUrl,
          authorization_servers: [`${api.issuer.url}/${identities.tenantId}/v2.0`],
          scopes_supported: [scope],
          bearer_methods_supported: ['header'],
        },
      })
  })

  it('does not exist without a public URL, and refusals then do not point to it', async () => {
    api = await startWeatherApi()
    for (const path of paths) expect((await api.get(path)).status).toBe(404)
    const refused = await fetch(`${api.url}/mcp`, { method: 'POST' })
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="weather-api"')
  })

  it('is what every refusal of /mcp points to, with the scope to ask for', async () => {
    api = await startWeatherApi({ PUBLIC_URL: publicUrl })
    const forbidden = autonomousClaims({ authority: api.issuer.url, claims: { roles: [] } })
    const pointer = `, scope="${scope}", resource_metadata="https://weather.example${paths[1]}"`
    for (const [authorization, status, start] of [
      ['', 401, 'Bearer realm="weather-api"'],
      ['Bearer abc', 401, 'Bearer realm="weather-api", error="invalid_token"'],
      [`Bearer ${api.issuer.sign(forbidden)}`, 403, 'Bearer realm="weather-api", error="insufficient_scope"'],
    ] as const) {
      const refused = await fetch(`${api.url}/mcp`, { method: 'POST', headers: { authorization } })
      const challenge = refused.headers.get('www-authenticate') ?? ''
      expect(refused.status).toBe(status)
      expect(challenge.startsWith(start)).toBe(true)
      expect(challenge.endsWith(pointer)).toBe(true)
    }
    expect((await api.get('/weather')).challenge).toBe('Bearer realm="weather-api"')
  })

  it('may name the host of PUBLIC_URL, since the endpoint answers under this host', async () => {
    api = await startWeatherApi({ PUBLIC_URL: 'https://weather-api/mcp' })
    expect((await api.get('/mcp')).status).toBe(401)
    await api.close()
    api = await startWeatherApi()
    expect((await api.get('/mcp')).status).toBe(421)
  })
})
