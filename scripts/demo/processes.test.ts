import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { Variables } from '@entra-agents/service-kit'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as testing from './testing/environments.ts'

const notesAppId = '99999999-0000-4000-8000-000000000099'
const ordersAppId = '99999999-0000-4000-8000-000000000088'

const write = testing.jsonFiles()

const ENTRA_SEED = write('entra.json', {
  extends: 'demo',
  apps: { 'orders-api': { id: ordersAppId, scopes: ['Orders.Read'] }, client: {} },
})
const sealKeys = temporaryFile('seal-keys')
writeFileSync(sealKeys, `key-1 ${Buffer.alloc(32).toString('base64')}\n`)
const serverAt = (port: number, downstreamApi: string, appId: string) => ({
  url: `http://localhost:${port}/mcp`,
  downstreamApi,
  appId,
  allowedTools: ['read'],
})
const servers = {
  notes: serverAt(8000, 'notes', notesAppId),
  diary: { ...serverAt(8001, 'diary', ordersAppId), flows: ['obo'] },
}
const MCP_CONFIG = write('mcp.json', { mcpServers: servers })
const otherMcpConfig = write('other-mcp.json', { mcpServers: { notes: servers.notes } })

/** The processes of a demo that brings no API along, with an MCP server of the user. */
const environments = (variables: Variables) => testing.environments({ MCP_CONFIG, ...variables }, [])
const receiversOf = (name: string, value: string, others: Variables = {}) =>
  testing.receiversOf(environments({ ...others, [name]: value }), name, value)

describe('the processes of the demo', () => {
  const everything = ['entra', 'sidecar', 'bedrock', 'agent']

  // biome-ignore format: table
  it.each([
    ['NODE_EXTRA_CA_CERTS', '/etc/ca.pem', everything],
    ['HTTPS_PROXY', 'http://user:password@proxy.example', everything],
    ['ENTRA_SEED', ENTRA_SEED, ['entra']],
    ['DownstreamApis__notes__Scopes__0', 'api://other/.default', ['sidecar']],
    ['DownstreamApis__more__Scopes__0', 'api://more/.default', ['sidecar']],
    ['Sidecar__AllowOverrides__GetAuthorizationHeader', 'false', ['sidecar']],
    ['MCP_CONFIG', otherMcpConfig, ['agent']],
    ['RATE_LIMIT_PER_MINUTE', '7', ['agent']],
    ['TRACE_LINKS', '{"trace":"http://localhost:6006/{traceId}"}', ['agent']],
    ['SEAL_KEYS_FILE', sealKeys, ['agent']],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=secret', ['agent']],
    ['OTEL_SERVICE_NAME', 'mine', []],
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

  it('keep the keys that sign tokens and seal turns between starts, in files that only their owner can read', () => {
    const files = () => {
      const { entra, agent } = environments({ PORT: '2', ENTRA_PORT: '2' })
      return [entra?.['SIGNING_KEY_FILE'] ?? '', agent?.['SEAL_KEYS_FILE'] ?? '']
    }
    onTestFinished(() => {
      for (const file of files()) rmSync(file)
    })
    const contents = files().map(file => readFileSync(file, 'utf8'))
    expect(files().map(file => readFileSync(file, 'utf8'))).toEqual(contents)
    if (process.platform !== 'win32')
      expect(files().map(file => statSync(file).mode & 0o777)).toEqual([0o600, 0o600])
    for (const file of files()) writeFileSync(file, 'no key')
    expect(files().map(file => readFileSync(file, 'utf8'))).not.toContain('no key')
  })

  it('know each API and MCP server that the user adds, with the app id that is registered', async () => {
    const variables = {
      ENTRA_SEED,
      ORDERS_API_URL: 'http://localhost:8090',
      ORDERS_API_APP_ID: notesAppId,
    }
    const all = testing.describeAdded(environments(variables))
    await expect(all).toMatchFileSnapshot('processes.txt')
    expect(receiversOf('ORDERS_API_KEY', 'secret')).toEqual([])
  })

  // biome-ignore format: table
  it.each([
    ['MCP_CONFIG', { mcpServers: { notes: {} } }, 'server "notes": url is missing.'],
    ['ENTRA_SEED', { extends: 'demo', apps: { notes: { url: 'x' } } }, 'app "notes": "url" is not known here'],
    ['ENTRA_SEED', { tenant: 'acme' }, 'lacks weather, weather-agent, page, weather-api, which the demo runs with: let it have “extends: demo”'],
  ])('cannot be described if the file that %s names has a fault; the error says what is wrong', (name, content, fault) => {
    expect(() => environments({ [name]: write('faulty.json', content) })).toThrow(fault)
  })

  it('cannot be described without any API; the error says what to set', () => {
    expect(() => environments({ MCP_CONFIG: '' })).toThrow('No API is configured: set the app id of one')
  })
})
