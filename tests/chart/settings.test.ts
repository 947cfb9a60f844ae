import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { tenant } from '@entra-bedrock-agent/demo-tenant'
import { flows } from '@entra-bedrock-agent/identity-trace'
import { readEnvironment } from '@entra-bedrock-agent/service-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { readConfig as readSidecarConfig } from '../../emulators/auth-sidecar/src/config.ts'
import { temporaryFile } from '../../packages/service-kit/src/testing/temporary-file.ts'
import { describeProcesses } from '../../scripts/demo/processes.ts'
import { sidecarEntries } from '../../scripts/demo/sidecar-entries.ts'
import { readConfig as readAgentConfig } from '../../services/agent/src/config.ts'
import { readMcpServers } from '../../services/agent/src/tools/mcp/config.ts'
import { readConfig as readWeatherConfig } from '../../services/weather-api/src/config.ts'
import { needs } from '../support/programs.ts'
import {
  baseValues,
  containersOf,
  merge,
  type Rendering,
  render,
  renderNotes,
  renderWith,
} from './support/render.ts'
import { withAlerts } from './support/variants.ts'

needs('helm')

const chartsFolder = resolve(import.meta.dirname, '../../charts')
const ids = { ...baseValues.entra, weather: baseValues.downstreamApis.weather.appId }

/** Reads a ConfigMap's file as the agent does. */
function readMcpServersOf(rendering: Rendering, pod: string) {
  const MCP_CONFIG = temporaryFile('mcp.json', onTestFinished)
  writeFileSync(MCP_CONFIG, rendering.mounted(pod, 'mcp').data?.['mcp.json'] ?? '')
  return readEnvironment({ ...rendering.settings(pod, 'agent'), MCP_CONFIG }, env => readMcpServers(env, []))
}

/** The variables by which the sidecar requests the right kind of token for an API in each flow. */
function requestsOfFlows(api: string) {
  return Object.fromEntries(
    Object.values(flows).map(({ sidecarEntry: { suffix, requestAppToken } }) => [
      `DownstreamApis__${api}${suffix}__RequestAppToken`,
      String(requestAppToken),
    ]),
  )
}

describe('The settings that the chart makes', () => {
  it('are understood by the agent', async () => {
    const config = readAgentConfig((await render()).settings('demo-agent', 'agent'))
    expect(config).toMatchObject({
      host: '0.0.0.0',
      port: 3001,
      metricsPort: 9464,
      sidecarUrl: 'http://localhost:5000',
      blueprint: {
        tenantId: ids.tenantId,
        blueprintAppId: ids.blueprintAppId,
        authority: 'https://login.microsoftonline.com',
      },
      agents: [{ clientId: ids.agentClientId }],
      toolsets: [{ api: { url: 'http://demo-weather-api:8080', appId: ids.weather } }],
    })
  })

  it('are understood by the weather API', async () => {
    const config = readWeatherConfig((await render()).settings('demo-weather-api', 'weather-api'))
    expect(config).toMatchObject({
      host: '0.0.0.0',
      port: 8080,
      metricsPort: 9464,
      token: {
        tenantId: ids.tenantId,
        appId: ids.weather,
        callers: [{ clientId: ids.agentClientId, isAgent: true }],
        verifySignature: true,
      },
      mcp: { publicUrl: undefined, allowedHosts: expect.arrayContaining(['localhost', 'demo-weather-api']) },
    })
  })

  it('are understood by the sidecar', async () => {
    const { azureAd } = readSidecarConfig((await render()).settings('demo-agent', 'sidecar'))
    expect(azureAd).toMatchObject({ tenantId: ids.tenantId, clientId: ids.blueprintAppId })
    expect(azureAd?.credentials.map(({ sourceType }) => sourceType)).toEqual(['SignedAssertionFilePath'])
  })

  it('have the same entries of APIs and the same AllowOverrides as the settings of the demo', async () => {
    const ofInterest = (settings: Readonly<Record<string, string>>) =>
      Object.entries(settings)
        .filter(([name]) => /^(DownstreamApis|Sidecar)__/.test(name) && !name.endsWith('__BaseUrl'))
        .map(([name, value]) => `${name}=${value.replace(/[0-9a-f-]{36}/, '…')}`)
        .sort()
    const demo = describeProcesses({}).find(({ name }) => name === 'sidecar')?.env ?? {}
    const chart = (await render({ values: withAlerts({ size: '1Gi' }) })).settings('demo-agent', 'sidecar')
    expect(ofInterest(chart)).toEqual(ofInterest(demo))
    expect(ofInterest(chart)).toHaveLength(7)
  })

  it('keep the sidecar in production mode and quiet', async () => {
    expect((await render()).settings('demo-agent', 'sidecar')).toMatchObject({
      ASPNETCORE_ENVIRONMENT: 'Production',
      AllowedHosts: 'localhost',
      Logging__LogLevel__Default: 'Warning',
    })
  })

  it('make an API known to the sidecar for every flow, and to the agent', async () => {
    const rendering = await render({ files: ['ci/everything-values.yaml'] })
    const url = 'http://orders.shop.svc.cluster.local:8081'
    const appId = 'eeeeeeee-0000-4000-8000-00000000000e'
    expect(rendering.settings('agents-agent', 'sidecar')).toMatchObject({
      DownstreamApis__orderHistoryApp__BaseUrl: url,
      DownstreamApis__orderHistoryApp__Scopes__0: `api://${appId}/.default`,
      DownstreamApis__orderHistory__BaseUrl: url,
      DownstreamApis__orderHistory__Scopes__0: `api://${appId}/.default`,
      ...requestsOfFlows('orderHistory'),
    })
    expect(rendering.settings('agents-agent', 'agent')).toMatchObject({
      ORDER_HISTORY_API_URL: url,
      ORDER_HISTORY_API_APP_ID: appId,
    })
  })

  it('make an MCP server known to the agent by a file, and to the sidecar by an entry, which may be that of an API', async () => {
    const rendering = await render({ files: ['ci/everything-values.yaml'] })
    const appId = '99999999-0000-4000-8000-0000000010aa'
    const sidecar = rendering.settings('agents-agent', 'sidecar')
    expect(sidecar).toMatchObject({
      DownstreamApis__myNotesApp__Scopes__0: `api://${appId}/.default`,
      ...requestsOfFlows('myNotes'),
    })
    expect(Object.keys(sidecar).filter(name => /__orders/.test(name))).toEqual([])
    const settings = rendering.settings('agents-agent', 'agent')
    expect(settings['MCP_CONFIG']).toBe('/etc/mcp/mcp.json')
    expect(rendering.container('agents-agent', 'agent').volumeMounts).toContainEqual({
      name: 'mcp',
      mountPath: '/etc/mcp',
      readOnly: true,
    })
    const servers = readMcpServersOf(rendering, 'agents-agent')
    const asInDemo = Object.entries(sidecarEntries(servers.map(({ api }) => api)))
    expect(asInDemo).toHaveLength(9)
    expect(sidecar).toMatchObject(
      // BaseUrl is left out: in the entry that the server `orders` shares with an API, it is the API's URL.
      Object.fromEntries(asInDemo.filter(([name]) => !name.endsWith('__BaseUrl'))),
    )
    expect(servers).toMatchObject([
      {
        api: { name: 'my-notes', appId, flows: ['obo'], sidecarEntries: { obo: 'myNotes' } },
        readOnlyTools: ['get_note'],
        unattendedTools: ['renew_note'],
        keepsIdempotencyKeys: true,
      },
      { api: { name: 'orders', sidecarEntries: { obo: 'orderHistory' } }, readOnlyTools: [] },
    ])
  })

  it('contain the ids of the demo’s tenant if everything is emulated', () => {
    const read = (name: string) => parse(readFileSync(resolve(chartsFolder, 'local-emulators', name), 'utf8'))
    const { blueprint, page, agents, apis } = tenant
    const { appId: blueprintAppId } = blueprint
    const weatherApiAppId = apis['weather-api'].appId
    expect(read('values.yaml').identity).toMatchObject({
      tenantId: tenant.tenantId,
      blueprintAppId,
      agentClientId: agents.weather.id,
      weatherApiAppId,
      clientSpaAppId: page.appId,
    })
    expect(read('agent-values.yaml')).toMatchObject({
      entra: { blueprintAppId, tenantId: tenant.tenantId, spaAppId: page.appId },
      downstreamApis: { weather: { appId: weatherApiAppId } },
    })
  })

  it('contain nothing about MCP if the values name no MCP server', async () => {
    const rendering = await render()
    expect(rendering.settings('demo-agent', 'agent')).not.toHaveProperty('MCP_CONFIG')
    expect(rendering.ofKind('ConfigMap')).toEqual([])
  })

  it('let the agent accept the hosts of Ingress, HTTPRoute and the values, and localhost', async () => {
    const rendering = await render({ files: ['ci/everything-values.yaml'] })
    expect(rendering.settings('agents-agent', 'agent')['ALLOWED_HOSTS']).toBe(
      'localhost,127.0.0.1,[::1],agent.internal,agent.example.com,chat.example.com',
    )
  })

  it('let the agent trust proxies, those of a content delivery network included', async () => {
    const trustedProxies = [
      '10.244.7.0/24',
      '10.1.0.0/16',
      '192.168.0.7',
      '104.16.0.0/13',
      '2400:cb00::/32',
      'fd12:3456:789a::/64',
      '::1',
    ]
    const rendering = await renderWith({ agent: { trustedProxies } })
    expect(readAgentConfig(rendering.settings('demo-agent', 'agent')).trustedProxies).toEqual(trustedProxies)
  })

  it('give the weather API a public URL for MCP clients, and its network policy lets these clients in', async () => {
    const rendering = await render({ files: ['ci/everything-values.yaml'] })
    expect(rendering.settings('agents-weather-api', 'weather-api')['PUBLIC_URL']).toBe(
      'https://weather.example.com/mcp',
    )
    const { ingress } = rendering.spec<{ ingress: object[] }>('NetworkPolicy', 'agents-weather-api')
    expect(ingress[0]).toMatchObject({ from: [{}, { namespaceSelector: {} }], ports: [{ port: 8080 }] })
  })

  it('give way to settings in agent.env, keep all digits of numbers, and are left out when empty', async () => {
    const rendering = await renderWith({
      agent: { env: { LOG_LEVEL: 'trace', RATE_LIMIT_PER_MINUTE: 1_000_000 } },
    })
    const settings = rendering.settings('demo-agent', 'agent')
    expect(settings).toMatchObject({ LOG_LEVEL: 'trace', RATE_LIMIT_PER_MINUTE: '1000000' })
    expect(Object.keys(settings)).not.toContain('CLIENT_SPA_APP_ID')
    expect(Object.values(settings)).not.toContain('')
  })

  it('trust further certificate authorities in all three containers', async () => {
    const rendering = await renderWith({ extraCaCertificates: { configMap: 'company-ca' } })
    for (const [pod, container] of [
      ['demo-agent', 'agent'],
      ['demo-agent', 'sidecar'],
      ['demo-weather-api', 'weather-api'],
    ] as const) {
      expect(rendering.settings(pod, container)['NODE_EXTRA_CA_CERTS']).toBe('/etc/extra-ca/ca.crt')
      expect(rendering.container(pod, container).volumeMounts).toContainEqual({
        name: 'extra-ca',
        mountPath: '/etc/extra-ca',
        readOnly: true,
      })
    }
    // .NET adds the certificates of this folder to its own.
    expect(rendering.settings('demo-agent', 'sidecar')['SSL_CERT_DIR']).toBe('/etc/extra-ca')
  })

  it('point to a deny list that is no part of the release, in a mounted folder, which the kubelet keeps up to date', async () => {
    const rendering = await renderWith({ denyList: { configMap: 'denied-agents' } })
    const settings = rendering.settings('demo-weather-api', 'weather-api')
    expect(readWeatherConfig(settings).token.denyList).toBe('/etc/deny-list/deny-list.json')
    const mount = { name: 'deny-list', mountPath: '/etc/deny-list', readOnly: true }
    expect(rendering.container('demo-weather-api', 'weather-api').volumeMounts).toEqual([mount])
    const { volumes } = rendering.pod('demo-weather-api').spec
    expect(volumes).toEqual([{ name: 'deny-list', configMap: { name: 'denied-agents' } }])
    const made = rendering.ofKind('ConfigMap').map(({ metadata }) => metadata.name)
    expect(made).not.toContain('denied-agents')
  })

  it('put the file of alerts on a volume that only one pod mounts', async () => {
    const values = withAlerts({ size: '1Gi', storageClass: 'fast' })
    const rendering = await render({ values })
    const { alerts } = readWeatherConfig(rendering.settings('demo-weather-api', 'weather-api'))
    expect(alerts).toEqual({ file: '/var/lib/weather-api/alerts.sqlite', authenticationContext: 'c1' })
    const agent = readAgentConfig({ ...rendering.settings('demo-agent', 'agent'), SEAL_KEYS_FILE: '' })
    expect(agent.toolsets[0]?.otherRights).toEqual([
      expect.objectContaining({ scope: 'Alerts.ReadWrite', authenticationContexts: ['c1'] }),
    ])
    const { volumeMounts } = rendering.container('demo-weather-api', 'weather-api')
    expect(volumeMounts).toEqual([{ name: 'alerts', mountPath: '/var/lib/weather-api' }])
    const claim = { name: 'alerts', persistentVolumeClaim: { claimName: 'demo-weather-api-alerts' } }
    expect(rendering.pod('demo-weather-api').spec.volumes).toEqual([claim])
    expect(rendering.ofKind('PersistentVolumeClaim')).toEqual([
      expect.objectContaining({
        metadata: expect.objectContaining({
          name: 'demo-weather-api-alerts',
          annotations: { 'helm.sh/resource-policy': 'keep' },
        }),
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'fast',
          resources: { requests: { storage: '1Gi' } },
        },
      }),
    ])
    const [api] = rendering
      .ofKind('Deployment')
      .filter(({ metadata }) => metadata.name === 'demo-weather-api')
    expect(api?.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } })
    const notes = await renderNotes({ values })
    expect(notes).toContain('The weather API keeps alerts on a volume.')
    expect(notes).toContain('names the authentication context c1')
    const existing = await render({ values: withAlerts({ existingClaim: 'mine' }) })
    expect(existing.ofKind('PersistentVolumeClaim')).toEqual([])
    expect(existing.pod('demo-weather-api').spec.volumes).toEqual([
      { name: 'alerts', persistentVolumeClaim: { claimName: 'mine' } },
    ])
    const without = await render()
    expect(readWeatherConfig(without.settings('demo-weather-api', 'weather-api')).alerts).toBeUndefined()
  })

  it('skip the signature check of the weather API only if the values say so, and then the notes warn of it', async () => {
    const values = merge(baseValues, { weatherApi: { debug: { skipSignature: true } } })
    const settings = (await render({ values })).settings('demo-weather-api', 'weather-api')
    expect(readWeatherConfig(settings).token.verifySignature).toBe(false)
    expect(settings['NODE_ENV']).toBe('development')
    expect(await renderNotes({ values })).toContain('WARNING: weatherApi.debug.skipSignature is on.')
    expect(await renderNotes()).not.toContain('WARNING')
  })

  it('stand in the template of only those pods that read them, so that a change replaces no other pods', async () => {
    const templates = async (values: object) => {
      const rendering = await renderWith(values as Record<string, unknown>)
      return ['demo-agent', 'demo-weather-api'].map(name => rendering.pod(name))
    }
    const [agent, weather] = await templates({})
    const [otherAgent, sameWeather] = await templates({ sidecar: { env: { AzureAd__SendX5C: true } } })
    const [sameAgent, otherWeather] = await templates({ weatherApi: { provider: 'climate-normals' } })
    expect([sameAgent, sameWeather]).toEqual([agent, weather])
    expect(otherAgent).not.toEqual(agent)
    expect(otherWeather).not.toEqual(weather)
  })

  it('stand in no ConfigMap: none but the user’s own feeds a container', async () => {
    const rendering = await render({ files: ['ci/everything-values.yaml'] })
    const sources = [...rendering.pods.values()].flatMap(containersOf).flatMap(({ envFrom = [] }) => envFrom)
    expect(sources).toEqual([{ secretRef: { name: 'telemetry' } }])
    const names = rendering.ofKind('ConfigMap').flatMap(({ data = {} }) => Object.keys(data))
    expect(names.sort()).toEqual(['agents-agent.json', 'agents.json', 'mcp.json'])
    expect(rendering.container('agents-test', 'boundary').args?.at(-1)).toContain('expectClosed')
  })

  it('keep what Kubernetes would replace, and never occur twice in a container', async () => {
    const own = { OTEL_RESOURCE_ATTRIBUTES: 'a=b', PRICE: '$5, $$6, $(PORT)' }
    const rendering = await render({
      files: ['ci/everything-values.yaml'],
      values: { agent: { env: own }, proxy: { https: 'http://10.9.8.7:3128', existingSecret: 'proxy-url' } },
    })
    const { env = [] } = rendering.container('agents-agent', 'agent')
    expect(env).toContainEqual({ name: 'PRICE', value: '$$5, $$$$6, $$(PORT)' })
    for (const { env = [] } of [...rendering.pods.values()].flatMap(containersOf))
      expect(new Set(env.map(({ name }) => name)).size).toBe(env.length)
  })

  it('name the SHA-256 of each file, whose ConfigMap is immutable and changes its name with the content', async () => {
    const file = async (values: object) => {
      const rendering = await render({ files: ['ci/everything-values.yaml'], values: { ...values } })
      const { metadata, immutable, data } = rendering.mounted('agents-agent', 'mcp')
      const hash = createHash('sha256')
        .update(data?.['mcp.json'] ?? '')
        .digest('hex')
      expect(immutable).toBe(true)
      expect(rendering.settings('agents-agent', 'agent')['MCP_CONFIG_SHA256']).toBe(hash)
      expect(metadata.name).toBe(`agents-mcp-${hash.slice(0, 10)}`)
      return metadata.name
    }
    const changed = { mcpServers: { orders: { timeoutMs: 5_000 } } }
    expect(await file({})).toBe(await file({ agent: { logLevel: 'debug' } }))
    expect(await file(changed)).not.toBe(await file({}))
  })
})
