import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'

const ids = {
  TENANT_ID: '11111111-2222-4333-8444-555555555555',
  WEATHER_API_APP_ID: 'AAAAAAAA-0000-4000-8000-00000000000A',
  AGENT_CLIENT_ID: 'bbbbbbbb-0000-4000-8000-00000000000b',
}
const agent = { clientId: ids.AGENT_CLIENT_ID, isAgent: true }
const second = '99999999-0000-4000-8000-000000000099'

it('The configuration needs three ids; everything else has a default', () => {
  expect(readConfig(ids)).toEqual({
    host: 'localhost',
    port: 8080,
    logLevel: 'info',
    token: {
      authority: 'https://login.microsoftonline.com',
      tenantId: ids.TENANT_ID,
      appId: 'aaaaaaaa-0000-4000-8000-00000000000a',
      callers: [agent],
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

it.each<[string, Readonly<Record<string, string>>, object]>([
  [
    'If the allowed callers are set, only these may call',
    { WEATHER_ALLOWED_CALLERS: ` ${ids.AGENT_CLIENT_ID} ,${second},` },
    { token: { callers: [agent, { clientId: second, isAgent: false }] } },
  ],
  [
    'Several agents can call, each with its own user account',
    {
      AGENT_CLIENT_ID: `${ids.AGENT_CLIENT_ID}, ${second}`,
      AGENT_USERS: `${second}=EEEEEEEE-0000-4000-8000-0000000000A1`,
    },
    {
      token: {
        callers: [
          agent,
          { clientId: second, isAgent: true, agentUserId: 'eeeeeeee-0000-4000-8000-0000000000a1' },
        ],
      },
    },
  ],
  [
    'An empty variable has the same effect as an unset variable',
    { PORT: '', VALIDATE_TOKEN_SIGNATURE: '', WEATHER_ALLOWED_CALLERS: '' },
    { port: 8080, token: { verifySignature: true, callers: [agent] } },
  ],
  [
    'MCP clients may use the host name of the public URL, too',
    { PUBLIC_URL: 'https://weather.example/mcp/', ALLOWED_HOSTS: 'weather-api' },
    { mcp: { publicUrl: 'https://weather.example/mcp', allowedHosts: ['weather-api', 'weather.example'] } },
  ],
  [
    'Plain http to loopback is allowed, and signatures may be left unverified outside production',
    {
      ENTRA_AUTHORITY: 'http://localhost:7001',
      VALIDATE_TOKEN_SIGNATURE: 'false',
      NODE_ENV: 'development',
    },
    { token: { authority: 'http://localhost:7001', verifySignature: false } },
  ],
])('%s', (_what, variables, expected) => {
  expect(readConfig({ ...ids, ...variables })).toMatchObject(expected)
})

it('A wrong setting is refused in words that name it', async () => {
  // biome-ignore format: table
  const wrongSettings: readonly Readonly<Record<string, string>>[] = [
    { TENANT_ID: 'common' },
    { TENANT_ID: '' },
    { WEATHER_API_APP_ID: 'api://aaaaaaaa-0000-4000-8000-00000000000a' },
    { AGENT_CLIENT_ID: '' },
    { WEATHER_ALLOWED_CALLERS: '*' },
    { AGENT_CLIENT_ID: '', WEATHER_ALLOWED_CALLERS: ' , ' },
    { AGENT_CLIENT_ID: 'weather-agent' },
    { AGENT_USERS: ids.AGENT_CLIENT_ID },
    { AGENT_USERS: `${ids.AGENT_CLIENT_ID}=weather-agent@contoso.example` },
    { AGENT_USERS: `${ids.AGENT_CLIENT_ID}=${ids.AGENT_CLIENT_ID}` },
    { AGENT_USERS: `${ids.TENANT_ID}=${ids.WEATHER_API_APP_ID}` },
    { VALIDATE_TOKEN_SIGNATURE: 'no' },
    { VALIDATE_TOKEN_SIGNATURE: 'false', NODE_ENV: 'production' },
    { ENTRA_AUTHORITY: 'login.microsoftonline.com' },
    { ENTRA_AUTHORITY: 'http://entra.example' },
    { WEATHER_DENY_LIST: 'http://lists.example/denied' },
    { WEATHER_PROVIDER: 'crystal-ball' },
    { PUBLIC_URL: 'weather.example/mcp' },
    { PUBLIC_URL: 'http://weather.example/mcp' },
    { ALLOWED_HOSTS: 'https://weather.example' },
    { ALERTS_FILE: ':memory:' },
    { ALERTS_FILE: 'alerts.sqlite' },
    { ALERTS_FILE: '/data/alerts.sqlite', ALERTS_AUTH_CONTEXT: 'mfa' },
    { ALERTS_AUTH_CONTEXT: 'c1' },
  ]
  const refusals = wrongSettings.map(wrong => {
    const faults = findFaults(() => readConfig({ ...ids, ...wrong }))
    return [JSON.stringify(wrong), ...faults].join('\n  ')
  })
  await expect(`${refusals.join('\n')}\n`).toMatchFileSnapshot('config-faults.txt')
})
