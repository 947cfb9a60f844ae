import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tenant } from '@entra-bedrock-agent/demo-tenant'
import type { Variables } from '@entra-bedrock-agent/service-kit'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../packages/service-kit/src/testing/temporary-file.ts'
import { describeProcesses } from './processes.ts'

const folder = temporaryFolder()

const notesAppId = '99999999-0000-4000-8000-000000000099'
const tasksAppId = '99999999-0000-4000-8000-000000000088'
const agentIds = Object.values(tenant.agents)
  .map(({ id }) => id)
  .join(',')

function write(name: string, content: object): string {
  const file = join(folder, name)
  writeFileSync(file, JSON.stringify(content))
  return file
}

function environments(variables: Variables): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return Object.fromEntries(describeProcesses(variables).map(({ name, env }) => [name, env]))
}

/** The processes that get a variable with the user's value. */
function receiversOf(name: string, value: string, others: Variables = {}): readonly string[] {
  return Object.entries(environments({ ...others, [name]: value })).flatMap(([process, env]) =>
    env[name] === value ? [process] : [],
  )
}

const registrations = write('registrations.json', {
  apis: { 'tasks-api': { appId: tasksAppId, scopes: ['Tasks.Read'], appRoles: [] } },
})
const sealKeys = join(folder, 'seal-keys')
writeFileSync(sealKeys, `key-1 ${Buffer.alloc(32).toString('base64')}\n`)
const mcpConfig = write('mcp.json', {
  mcpServers: {
    notes: {
      url: 'http://localhost:8000/mcp',
      downstreamApi: 'notes',
      appId: notesAppId,
      allowedTools: ['get_note'],
    },
    diary: {
      url: 'http://localhost:8001/mcp',
      downstreamApi: 'diary',
      appId: tasksAppId,
      allowedTools: ['read'],
      flows: ['obo'],
    },
    'weather-tools': {
      url: 'http://localhost:8080/mcp',
      downstreamApi: 'weather',
      appId: tenant.apis['weather-api'].appId,
      allowedTools: ['get_weather'],
    },
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
    ['AWS_SESSION_TOKEN', 'of-another-program', []],
    ['BLUEPRINT_CLIENT_SECRET', 'of-a-real-tenant', []],
    ['TENANT_ID', '99999999-0000-4000-8000-000000000001', []],
    ['GITHUB_TOKEN', 'of-another-program', []],
  ])('get the variable %s only where they need it', (name, value, receivers) => {
    expect(receiversOf(name, value)).toEqual(receivers)
  })

  it('other than the agent get no AWS credentials', () => {
    expect(receiversOf('AWS_ACCESS_KEY_ID', 'AKIAOFTHEUSER')).toEqual(['agent'])
  })

  it('other than Entra and the sidecar get no secret of the blueprint', () => {
    const all = environments({})
    const secret = all['entra']?.['BLUEPRINT_CLIENT_SECRET'] ?? ''
    expect(secret).not.toBe('')
    const holders = Object.entries(all).filter(([, env]) => Object.values(env).includes(secret))
    expect(holders.map(([name]) => name)).toEqual(['entra', 'sidecar'])
  })

  it('include an agent that gets the app id of each registered API, and the user’s variables with the API’s prefix', () => {
    const others = { REGISTRATIONS_FILE: registrations }
    expect(receiversOf('TASKS_API_URL', 'http://localhost:8090', others)).toEqual(['agent'])
    expect(receiversOf('TASKS_API_KEY', 'secret')).toEqual([])
    const { agent } = environments({ ...others, TASKS_API_APP_ID: notesAppId })
    expect(agent).toMatchObject({ TASKS_API_APP_ID: tasksAppId })
  })

  it('include a sidecar with an entry for each flow of each API and MCP server; an entry that an API and a server share has the API’s URL', () => {
    const { sidecar = {} } = environments({ MCP_CONFIG: mcpConfig })
    const entries = Object.entries(sidecar).filter(([name]) =>
      /^DownstreamApis__(notes|diary|weather)/.test(name),
    )
    const scope = (appId: string) => `api://${appId}/.default`
    const entry = (name: string, appId: string, url: string, isApp: boolean, right = scope(appId)) => [
      [`DownstreamApis__${name}__BaseUrl`, url],
      [`DownstreamApis__${name}__RequestAppToken`, String(isApp)],
      [`DownstreamApis__${name}__Scopes__0`, right],
    ]
    const weatherAppId = tenant.apis['weather-api'].appId
    const alerts = `api://${weatherAppId}/Alerts.ReadWrite`
    expect(entries.sort()).toEqual(
      [
        ...entry('diary', tasksAppId, 'http://localhost:8001/mcp', false),
        ...entry('notesApp', notesAppId, 'http://localhost:8000/mcp', true),
        ...entry('notes', notesAppId, 'http://localhost:8000/mcp', false),
        ...entry('weatherApp', weatherAppId, 'http://localhost:8080', true),
        ...entry('weather', weatherAppId, 'http://localhost:8080', false),
        ...entry('weatherAlerts', weatherAppId, 'http://localhost:8080', false, alerts),
      ].sort(),
    )
  })

  it('include a weather API that the demo’s agents may call, whatever callers the user lists', () => {
    const { 'weather-api': weather } = environments({ WEATHER_ALLOWED_CALLERS: notesAppId })
    const WEATHER_ALLOWED_CALLERS = `${agentIds},${notesAppId}`
    const { id, user } = tenant.agents.weather
    const AGENT_USERS = `${id}=${user.id}`
    expect(weather).toMatchObject({ AGENT_CLIENT_ID: agentIds, AGENT_USERS, WEATHER_ALLOWED_CALLERS })
  })

  it('include a weather API that the agents of the user’s file may call, but the demo’s agents may not', () => {
    const alone = { title: 'Alerts agent', clientId: tenant.agents.alerts.id }
    const file = write('agents.json', { agents: { alone } })
    const { 'weather-api': weather } = environments({ AGENTS_CONFIG: file })
    expect(weather).toMatchObject({
      AGENT_CLIENT_ID: alone.clientId,
      WEATHER_ALLOWED_CALLERS: alone.clientId,
    })
  })

  // biome-ignore format: table
  it.each([
    ['MCP_CONFIG', { mcpServers: { notes: {} } }, 'server "notes": url is missing.'],
    ['REGISTRATIONS_FILE', { apis: { notes: {} } }, 'API "notes": appId is missing.'],
  ])('cannot be described if the file that %s names has a fault; the error says what is wrong', (name, content, fault) => {
    expect(() => describeProcesses({ [name]: write('faulty.json', content) })).toThrow(fault)
  })
})
