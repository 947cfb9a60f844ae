import { ConfigurationError } from '@entra-agents/service-kit'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'

const ids = {
  TENANT_ID: '11111111-2222-4333-8444-555555555555',
  WEATHER_API_APP_ID: 'AAAAAAAA-0000-4000-8000-00000000000A',
  AGENT_CLIENT_ID: 'bbbbbbbb-0000-4000-8000-00000000000b',
}

it('The configuration needs three ids; everything else has a default', () => {
  expect(readConfig(ids)).toEqual({
    host: 'localhost',
    port: 8080,
    logLevel: 'info',
    token: {
      authority: 'https://login.microsoftonline.com',
      tenantId: ids.TENANT_ID,
      appId: 'aaaaaaaa-0000-4000-8000-00000000000a',
      callers: [{ clientId: ids.AGENT_CLIENT_ID, isAgent: true }],
      verifySignature: true,
      requireAgentMarker: false,
      denyList: undefined,
    },
    weather: {
      provider: 'auto',
      geocodingUrl: 'https://geocoding-api.open-meteo.com',
      forecastUrl: 'https://api.open-meteo.com',
    },
    mcp: { publicUrl: undefined, allowedHosts: ['localhost', '127.0.0.1', '[::1]'] },
    metricsPort: undefined,
  })
})

it('If the allowed callers are set, only these may call', () => {
  const second = '99999999-0000-4000-8000-000000000099'
  const { token } = readConfig({ ...ids, WEATHER_ALLOWED_CALLERS: ` ${ids.AGENT_CLIENT_ID} ,${second},` })
  expect(token.callers).toEqual([
    { clientId: ids.AGENT_CLIENT_ID, isAgent: true },
    { clientId: second, isAgent: false },
  ])
})

it('Several agents can call, each with its own user account', () => {
  const [second, user] = ['99999999-0000-4000-8000-000000000099', 'EEEEEEEE-0000-4000-8000-0000000000A1']
  const { token } = readConfig({
    ...ids,
    AGENT_CLIENT_ID: `${ids.AGENT_CLIENT_ID}, ${second}`,
    AGENT_USERS: `${second}=${user}`,
  })
  expect(token.callers).toEqual([
    { clientId: ids.AGENT_CLIENT_ID, isAgent: true },
    { clientId: second, isAgent: true, agentUserId: user.toLowerCase() },
  ])
})

it('An empty variable has the same effect as an unset variable', () => {
  const { token, port } = readConfig({
    ...ids,
    PORT: '',
    VALIDATE_TOKEN_SIGNATURE: '',
    WEATHER_ALLOWED_CALLERS: '',
  })
  expect({ port, ...token }).toMatchObject({
    port: 8080,
    verifySignature: true,
    callers: [{ clientId: ids.AGENT_CLIENT_ID, isAgent: true }],
  })
})

it.each([
  [{ TENANT_ID: 'common' }, 'TENANT_ID'],
  [{ TENANT_ID: '' }, 'TENANT_ID'],
  [{ WEATHER_API_APP_ID: 'api://aaaaaaaa-0000-4000-8000-00000000000a' }, 'WEATHER_API_APP_ID'],
  [{ AGENT_CLIENT_ID: '' }, 'WEATHER_ALLOWED_CALLERS'],
  [{ WEATHER_ALLOWED_CALLERS: '*' }, 'WEATHER_ALLOWED_CALLERS'],
  [{ AGENT_CLIENT_ID: '', WEATHER_ALLOWED_CALLERS: ' , ' }, 'WEATHER_ALLOWED_CALLERS'],
  [{ AGENT_CLIENT_ID: 'weather-agent' }, 'AGENT_CLIENT_ID'],
  [{ AGENT_USERS: ids.AGENT_CLIENT_ID }, 'AGENT_USERS'],
  [{ AGENT_USERS: `${ids.AGENT_CLIENT_ID}=weather-agent@contoso.example` }, 'AGENT_USERS'],
  [{ AGENT_USERS: `${ids.AGENT_CLIENT_ID}=${ids.AGENT_CLIENT_ID}` }, 'AGENT_USERS'],
  [{ AGENT_USERS: `${ids.TENANT_ID}=${ids.WEATHER_API_APP_ID}` }, 'AGENT_USERS'],
  [{ VALIDATE_TOKEN_SIGNATURE: 'no' }, 'VALIDATE_TOKEN_SIGNATURE'],
  [{ VALIDATE_TOKEN_SIGNATURE: 'false', NODE_ENV: 'production' }, 'VALIDATE_TOKEN_SIGNATURE'],
  [{ ENTRA_AUTHORITY: 'login.microsoftonline.com' }, 'ENTRA_AUTHORITY'],
  [{ ENTRA_AUTHORITY: 'http://entra.example' }, 'ENTRA_AUTHORITY'],
  [{ WEATHER_DENY_LIST: 'http://lists.example/denied' }, 'WEATHER_DENY_LIST'],
  [{ WEATHER_PROVIDER: 'crystal-ball' }, 'WEATHER_PROVIDER'],
  [{ PUBLIC_URL: 'weather.example/mcp' }, 'PUBLIC_URL'],
  [{ PUBLIC_URL: 'http://weather.example/mcp' }, 'PUBLIC_URL'],
  [{ ALLOWED_HOSTS: 'https://weather.example' }, 'ALLOWED_HOSTS'],
  [{ ALERTS_FILE: ':memory:' }, 'ALERTS_FILE'],
  [{ ALERTS_FILE: 'alerts.sqlite' }, 'ALERTS_FILE'],
  [{ ALERTS_FILE: '/data/alerts.sqlite', ALERTS_AUTH_CONTEXT: 'mfa' }, 'ALERTS_AUTH_CONTEXT'],
  [{ ALERTS_AUTH_CONTEXT: 'c1' }, 'ALERTS_FILE'],
])('The configuration %j is refused by an error that names %s', (wrong, name) => {
  expect(() => readConfig({ ...ids, ...wrong })).toThrow(ConfigurationError)
  expect(() => readConfig({ ...ids, ...wrong })).toThrow(name)
})

it('MCP clients may use the host name of the public URL, too', () => {
  const { mcp } = readConfig({
    ...ids,
    PUBLIC_URL: 'https://weather.example/mcp/',
    ALLOWED_HOSTS: 'weather-api',
  })
  expect(mcp).toEqual({
    publicUrl: 'https://weather.example/mcp',
    allowedHosts: ['weather-api', 'weather.example'],
  })
})

it('Plain http to loopback is allowed, and signatures may be left unverified outside production', () => {
  const { token } = readConfig({
    ...ids,
    ENTRA_AUTHORITY: 'http://localhost:7001',
    VALIDATE_TOKEN_SIGNATURE: 'false',
    NODE_ENV: 'development',
  })
  expect(token).toMatchObject({ authority: 'http://localhost:7001', verifySignature: false })
})
