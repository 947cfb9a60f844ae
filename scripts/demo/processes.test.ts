import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { tenant } from '@entra-agents/demo-tenant'
import type { Variables } from '@entra-agents/service-kit'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it } from 'vitest'
import { describeProcesses } from './processes.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = temporaryFolder()

const notesAppId = '99999999-0000-4000-8000-000000000099'
const ordersAppId = '99999999-0000-4000-8000-000000000088'

function write(name: string, content: object): string {
  const file = join(folder, name)
  writeFileSync(file, JSON.stringify(content))
  return file
}

function environments(variables: Variables): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return Object.fromEntries(describeProcesses(variables).map(({ name, env }) => [name, env]))
}

/** A variable as text, without secrets and paths of this run. */
const show = ([name, value]: [string, string]) =>
  /SECRET|Secret$|SESSION_TOKEN|ACCESS_KEY_ID/.test(name)
    ? `${name}=‹secret›\n`
    : `${name}=${value.replace(folder, '…').replace(root, '…')}\n`

/** The processes that get a variable with the user's value. */
function receiversOf(name: string, value: string, others: Variables = {}): readonly string[] {
  return Object.entries(environments({ ...others, [name]: value })).flatMap(([process, env]) =>
    env[name] === value ? [process] : [],
  )
}

const registrations = write('registrations.json', {
  apis: { 'orders-api': { appId: ordersAppId, scopes: ['Orders.Read'], appRoles: [] } },
})
const sealKeys = join(folder, 'seal-keys')
writeFileSync(sealKeys, `key-1 ${Buffer.alloc(32).toString('base64')}\n`)
const serverAt = (port: number, downstreamApi: string, appId: string) => ({
  url: `http://localhost:${port}/mcp`,
  downstreamApi,
  appId,
  allowedTools: ['read'],
})
const mcpConfig = write('mcp.json', {
  mcpServers: {
    notes: serverAt(8000, 'notes', notesAppId),
    diary: { ...serverAt(8001, 'diary', ordersAppId), flows: ['obo'] },
    'weather-tools': serverAt(8080, 'weather', tenant.apis['weather-api'].appId),
  },
})

describe('the processes of the demo', () => {
  const everything = ['entra', 'sidecar', 'weather-api', 'bedrock', 'agent']

  // biome-ignore format: table
  it.each([
    ['NODE_EXTRA_CA_CERTS', '/etc/ca.pem', everything],
    ['HTTPS_PROXY', 'http://user:password@proxy.example', everything],
    ['REGISTRATIONS_FILE', registrations, ['entra']],
    ['DownstreamApis__notes__Scopes__0', 'api://notes/.default', ['sidecar']],
    ['DownstreamApis__weather__Scopes__0', 'api://other/.default', ['sidecar']],
    ['MCP_CONFIG', mcpConfig, ['agent']],
    ['RATE_LIMIT_PER_MINUTE', '7', ['agent']],
    ['SEAL_KEYS_FILE', sealKeys, ['agent']],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=secret', ['weather-api', 'agent']],
    ['OTEL_SERVICE_NAME', 'mine', []],
    ['ALERTS_AUTH_CONTEXT', 'c2', ['weather-api', 'agent']],
    ['WEATHER_API_ALERTS', 'false', ['agent']],
    ['WEATHER_API_UNATTENDED_TOOLS', 'delete_alert', ['agent']],
    ['PUBLIC_URL', 'https://weather.example.com/mcp', ['weather-api']],
    ['OPEN_METEO_FORECAST_URL', 'https://meteo.example.com', ['weather-api']],
    ['AWS_ACCESS_KEY_ID', 'AKIAOFTHEUSER', ['agent']],
    ['AWS_SESSION_TOKEN', 'of-another-program', []],
    ['BLUEPRINT_CLIENT_SECRET', 'of-a-real-tenant', []],
    ['TENANT_ID', '99999999-0000-4000-8000-000000000001', []],
    ['GITHUB_TOKEN', 'of-another-program', []],
  ])('get the variable %s only where they need it', (name, value, receivers) => {
    expect(receiversOf(name, value)).toEqual(receivers)
  })

  it('other than Entra and the sidecar get no secret of the blueprint', () => {
    const all = environments({})
    const secret = all['entra']?.['BLUEPRINT_CLIENT_SECRET'] ?? ''
    expect(secret).not.toBe('')
    const holders = Object.entries(all).filter(([, env]) => Object.values(env).includes(secret))
    expect(holders.map(([name]) => name)).toEqual(['entra', 'sidecar'])
  })

  it('know each API, MCP server and caller that the user adds, with the app id that is registered', async () => {
    const variables = {
      REGISTRATIONS_FILE: registrations,
      MCP_CONFIG: mcpConfig,
      ORDERS_API_URL: 'http://localhost:8090',
      ORDERS_API_APP_ID: notesAppId,
      WEATHER_ALLOWED_CALLERS: notesAppId,
    }
    const lines = Object.entries(environments(variables)).flatMap(([process, env]) => [
      `# ${process}\n\n`,
      ...Object.entries(env).map(show),
      '\n',
    ])
    await expect(lines.join('')).toMatchFileSnapshot('processes.txt')
    expect(receiversOf('ORDERS_API_KEY', 'secret')).toEqual([])
  })

  it('include a weather API that the agents of the user’s file may call, but the demo’s agents may not', () => {
    const { id } = tenant.agents.alerts
    const file = write('agents.json', { agents: { alone: { title: 'Alerts agent', clientId: id } } })
    const { 'weather-api': weather } = environments({ AGENTS_CONFIG: file })
    expect(weather).toMatchObject({ AGENT_CLIENT_ID: id, WEATHER_ALLOWED_CALLERS: id })
  })

  // biome-ignore format: table
  it.each([
    ['MCP_CONFIG', { mcpServers: { notes: {} } }, 'server "notes": url is missing.'],
    ['REGISTRATIONS_FILE', { apis: { notes: {} } }, 'API "notes": appId is missing.'],
  ])('cannot be described if the file that %s names has a fault; the error says what is wrong', (name, content, fault) => {
    expect(() => describeProcesses({ [name]: write('faulty.json', content) })).toThrow(fault)
  })
})
