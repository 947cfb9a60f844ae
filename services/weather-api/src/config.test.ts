import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'

type Variables = Readonly<Record<string, string>>

const ids = {
  TENANT_ID: '11111111-2222-4333-8444-555555555555',
  WEATHER_API_APP_ID: 'AAAAAAAA-0000-4000-8000-00000000000A',
  AGENT_CLIENT_ID: 'bbbbbbbb-0000-4000-8000-00000000000b',
}
const second = '99999999-0000-4000-8000-000000000099'

it('The configuration needs three ids; everything else has a default, and follows its variables', async () => {
  const defaults = readConfig(ids)
  // biome-ignore format: table
  const settings: Readonly<Record<string, Variables>> = {
    'Only these callers may call': { WEATHER_ALLOWED_CALLERS: ` ${ids.AGENT_CLIENT_ID} ,${second},` },
    'Several agents can call, each with its own user account': { AGENT_CLIENT_ID: `${ids.AGENT_CLIENT_ID}, ${second}`, AGENT_USERS: `${second}=EEEEEEEE-0000-4000-8000-0000000000A1` },
    'An empty variable is an unset one': { PORT: '', VALIDATE_TOKEN_SIGNATURE: '', WEATHER_ALLOWED_CALLERS: '' },
    'MCP clients may use the host name of the public URL, too': { PUBLIC_URL: 'https://weather.example/mcp/', ALLOWED_HOSTS: 'weather-api' },
    'Entra may be on loopback by http, and signatures unverified outside production': { ENTRA_AUTHORITY: 'http://localhost:7001', VALIDATE_TOKEN_SIGNATURE: 'false', NODE_ENV: 'development' },
  }
  const changes = Object.entries(settings).map(([what, variables]) => {
    const members = Object.entries(readConfig({ ...ids, ...variables }))
    const changed = members.filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(Object(defaults)[name]),
    )
    return `# ${what}\n${JSON.stringify(Object.fromEntries(changed), null, 2)}\n`
  })
  const text = [`# The ids alone\n${JSON.stringify(defaults, null, 2)}\n`, ...changes].join('\n')
  await expect(text).toMatchFileSnapshot('config.txt')
})

it('A wrong setting is refused in words that name it', async () => {
  // biome-ignore format: table
  const wrongSettings: readonly Variables[] = [
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
