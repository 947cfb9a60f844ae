// Where the chart and other parts of the repository have to say the same.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { sidecarEntries } from '@entra-agents/agentctl/sidecar-entries'
import { readSealKeys } from '@entra-agents/approval'
import { readMcpServers } from '@entra-agents/mcp-tools'
import { readEnvironment } from '@entra-agents/service-kit'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import seed from '../../emulators/entra/src/seed/demo.json' with { type: 'json' }
import { describeProcesses, ownApis } from '../../scripts/demo/processes.ts'
import { identities } from '../support/identities.ts'
import { needs } from '../support/programs.ts'
import { run } from '../support/run.ts'
import { readChartFile, refusalOf, render, type Values } from './support/render.ts'
import { withAlerts } from './support/variants.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(resolve(root, path), 'utf8')
const everything = (values: Values = {}) => render({ files: ['ci/everything-values.yaml'], values })

describe('The chart', () => {
  needs('helm')

  it('makes the same entries of APIs and the same AllowOverrides as the demo', async () => {
    const ofInterest = (settings: Readonly<Record<string, string>>) =>
      Object.entries(settings)
        .filter(([name]) => /^(DownstreamApis|Sidecar)__/.test(name) && !name.endsWith('__BaseUrl'))
        .map(([name, value]) => `${name}=${value.replace(/[0-9a-f-]{36}/, '…')}`)
        .sort()
    const demo = describeProcesses({}, undefined, ownApis).find(({ name }) => name === 'sidecar')?.env ?? {}
    const chart = (await render({ values: withAlerts({ size: '1Gi' }) })).settings('demo-agent', 'sidecar')
    expect(ofInterest(chart)).toEqual(ofInterest(demo))
    expect(ofInterest(chart)).toHaveLength(7)
  })

  it('makes entries for MCP servers as the demo does; a server may share that of an API', async () => {
    const rendering = await everything()
    const servers = readEnvironment(rendering.agentSettings('agents-agent'), env => readMcpServers(env, []))
    expect(servers.map(({ api }) => api.sidecarEntries.obo)).toEqual(['myNotes', 'orderHistory'])
    const asInDemo = Object.entries(sidecarEntries(servers.map(({ api }) => api)))
    expect(asInDemo).toHaveLength(9)
    expect(rendering.settings('agents-agent', 'sidecar')).toMatchObject(
      // BaseUrl is left out: in the entry that the server `orders` shares with an API, it is the API's URL.
      Object.fromEntries(asInDemo.filter(([name]) => !name.endsWith('__BaseUrl'))),
    )
  })

  it('names the SHA-256 of each file, whose ConfigMap changes its name with the content', async () => {
    const file = async (values: Values) => {
      const rendering = await everything(values)
      const { metadata, data } = rendering.mounted('agents-agent', 'mcp')
      const text = data?.['mcp.json'] ?? ''
      const hash = createHash('sha256').update(text).digest('hex')
      expect(rendering.settings('agents-agent', 'agent')['MCP_CONFIG_SHA256']).toBe(hash)
      expect(metadata.name).toBe(`agents-mcp-${hash.slice(0, 10)}`)
      return metadata.name
    }
    const changed = { mcpServers: { orders: { timeoutMs: 5_000 } } }
    expect(await file({})).toBe(await file({ agent: { logLevel: 'debug' } }))
    expect(await file(changed)).not.toBe(await file({}))
  })

  it('refuses calls that wait with two lines of shell that make keys in the agent’s format', async () => {
    const notes = {
      url: 'https://notes.example.com/mcp',
      appId: identities.pageAppId,
      allowedTools: ['add_note'],
    }
    const [, print = ''] = /\n +(printf .*) \|\n/.exec(await refusalOf({ mcpServers: { notes } })) ?? []
    const file = temporaryFile('seal-keys', onTestFinished)
    writeFileSync(file, await run('bash', ['-c', print]))
    expect(readSealKeys(file).current().kid).toBe('key-1')
  })
})

it('The images that Artifact Hub shows are those of an installation', async () => {
  needs('helm')
  const { annotations } = parse(readChartFile('Chart.yaml'))
  const shown: readonly { image: string }[] = parse(annotations['artifacthub.io/images'])
  const installed = new Set((await render()).containers.map(({ image }) => image))
  expect(shown.map(({ image }) => image).sort()).toEqual([...installed].sort())
})

describe('The values for a cluster with emulators', () => {
  const agentValues = parse(read('charts/local-emulators/agent-values.yaml'))

  it('have the ids of the demo’s tenant', () => {
    const { tenantId, blueprintAppId, agentId, weatherAppId, pageAppId } = identities
    const apps = { agentClientId: agentId, weatherApiAppId: weatherAppId, clientSpaAppId: pageAppId }
    const ids = { tenantId, blueprintAppId, ...apps }
    expect(parse(read('charts/local-emulators/values.yaml')).identity).toMatchObject(ids)
    expect(agentValues).toMatchObject({
      entra: { blueprintAppId, tenantId, spaAppId: pageAppId },
      downstreamApis: { weather: { appId: weatherAppId } },
    })
  })

  it('have the demo’s agents, which are those of the demo’s tenant', () => {
    const demo: Readonly<Record<string, { clientId: string; title: string }>> = JSON.parse(
      read('scripts/demo/weather-agents.json'),
    ).agents
    expect(agentValues.agents).toEqual(demo)
    expect(agentValues.defaultAgent).toBe(Object.keys(demo)[0])
    expect(Object.values(demo).map(({ clientId, title }) => [clientId, title])).toEqual(
      Object.values(seed.blueprints.weather.agents).map(({ id, displayName }) => [id, displayName]),
    )
  })
})
