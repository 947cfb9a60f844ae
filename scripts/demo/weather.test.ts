import type { Variables } from '@entra-agents/service-kit'
import { describe, expect, it } from 'vitest'
import seed from '../../emulators/entra/src/seed/demo.json' with { type: 'json' }
import * as testing from './testing/environments.ts'
import { weatherExample } from './weather.ts'

const write = testing.jsonFiles()

const { id: appId } = seed.apps['weather-api']
const otherAppId = '99999999-0000-4000-8000-000000000099'
const tools = { url: 'http://localhost:8080/mcp', downstreamApi: 'weather', appId, allowedTools: ['read'] }
const MCP_CONFIG = write('mcp.json', { mcpServers: { 'weather-tools': tools } })
const otherApi = { ...tools, downstreamApi: 'notes', appId: otherAppId }
const otherMcpConfig = write('other.json', { mcpServers: { notes: otherApi } })

const environments = (variables: Variables) => testing.environments(variables, [weatherExample])

describe('The weather API in the demo', () => {
  // biome-ignore format: table
  it.each([
    ['DownstreamApis__weather__Scopes__0', 'api://other/.default', ['sidecar']],
    ['MCP_CONFIG', MCP_CONFIG, ['agent']],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=secret', ['weather-api', 'agent']],
    ['HTTPS_PROXY', 'http://user:password@proxy.example', ['entra', 'sidecar', 'weather-api', 'bedrock', 'agent']],
    ['ALERTS_AUTH_CONTEXT', 'c2', ['weather-api', 'agent']],
    ['ALERTS_FILE', '/var/alerts.sqlite', ['weather-api']],
    ['WEATHER_API_ALERTS', 'false', ['agent']],
    ['WEATHER_API_UNATTENDED_TOOLS', 'delete_alert', ['agent']],
    ['PUBLIC_URL', 'https://weather.example.com/mcp', ['weather-api']],
    ['OPEN_METEO_FORECAST_URL', 'https://meteo.example.com', ['weather-api']],
    ['BLUEPRINT_CLIENT_SECRET', 'of-a-real-tenant', []],
    ['GITHUB_TOKEN', 'of-another-program', []],
  ])('lets only those have the variable %s who need it', (name, value, receivers) => {
    expect(testing.receiversOf(environments({ [name]: value }), name, value)).toEqual(receivers)
  })

  it('adds a process with its settings, and its lines to those of the others', async () => {
    const without = testing.environments({ MCP_CONFIG: otherMcpConfig }, [])
    const all = environments({ WEATHER_ALLOWED_CALLERS: otherAppId })
    await expect(testing.describeAdded(all, without)).toMatchFileSnapshot('weather.txt')
  })

  it('may be called by the agents of the user’s file, and not by the demo’s', () => {
    const { id } = seed.blueprints.weather.agents['alerts-agent']
    const file = write('agents.json', { agents: { alone: { title: 'Alerts agent', clientId: id } } })
    const { 'weather-api': weather } = environments({ AGENTS_CONFIG: file })
    expect(weather).toMatchObject({ AGENT_CLIENT_ID: id, WEATHER_ALLOWED_CALLERS: id })
  })

  it('registers its public URL at Entra', () => {
    const { entra } = environments({ PUBLIC_URL: 'https://weather.example.com/mcp' })
    expect(entra?.['WEATHER_API_PUBLIC_URL']).toBe('https://weather.example.com/mcp')
  })
})
