import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeServerCertificate } from '../../emulators/entra/src/keys/certificate.ts'
import { forFile } from '../support/for-file.ts'
import { ask } from './support/chat.ts'
import { Demo, weatherTools } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'
import type { ConfigMap } from './support/kubernetes.ts'
import { Operator } from './support/operator.ts'
import { startPod } from './support/pods.ts'

const script = readFileSync(join(import.meta.dirname, 'in-pod/forward-proxy.ts'), 'utf8')
const credentials = 'agent:p%40ss'
const bedrockHost = 'bedrock-runtime.us-east-1.amazonaws.com:443'
const stsHost = 'sts.us-east-1.amazonaws.com:443'
const mcpHost = 'mcp.example:443'
const proxyPeer = { podSelector: { matchLabels: { app: 'forward-proxy' } } }

const certificate = makeServerCertificate(['*.us-east-1.amazonaws.com', 'mcp.example'])
const demo = await forFile(Demo.create('proxy'))
const { namespace } = demo
// The emulator has Entra's real name: requests to names under .localhost never go through a proxy.
const entraHost = `login.microsoftonline.com:${demo.ports.entra}`
const authority = `https://${entraHost}`
/** Every host that the proxy was asked for, with the status of its response: `mcp.example:443 200`. */
const askedHosts: string[] = []

async function startProxy(): Promise<void> {
  const hosts = {
    [entraHost]: { at: `entra-emulator:${demo.ports.entra}` },
    [bedrockHost]: { at: 'bedrock-emulator:7002', needsTls: true },
    [stsHost]: { at: 'bedrock-emulator:7002', needsTls: true },
    [mcpHost]: { at: 'demo-weather-api:8080', needsTls: true },
  }
  const env = {
    CREDENTIALS: decodeURIComponent(credentials),
    HOSTS: JSON.stringify(hosts),
    TLS_KEY: certificate.key,
    TLS_CERT: certificate.certificate,
  }
  await startPod(namespace, { name: 'forward-proxy', script, env })
}

async function stopProxy(): Promise<void> {
  await readProxyLog()
  await namespace.kubectl('delete', 'pod', 'forward-proxy', '--wait=true')
}

async function readProxyLog(): Promise<void> {
  const log = await namespace.kubectl('logs', 'forward-proxy')
  const lines = log.split('\n').filter(line => line.startsWith('{'))
  askedHosts.push(...lines.map(line => JSON.parse(line)).map(({ asked, status }) => `${asked} ${status}`))
}

// Pods trust the emulators' certificate authority and the test's, as in companies that add an authority of their own.
const own = await namespace.get<ConfigMap>('configmap', 'emulator-authority')
const data = { 'ca.crt': `${own.data['ca.crt']?.trim()}\n${certificate.certificate}` }
await namespace.patch('configmap', 'emulator-authority', { data })
await namespace.create({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'forward-proxy' },
  spec: { selector: { app: 'forward-proxy' }, ports: [{ port: 3128 }] },
})
await namespace.createSecret('proxy-url', { HTTPS_PROXY: `http://${credentials}@forward-proxy:3128` })
await demo.installEmulators({ entra: { publicUrl: authority } })
await startProxy()
await demo.installAgent({
  entra: { authority },
  proxy: {
    existingSecret: 'proxy-url',
    egress: [{ to: [proxyPeer], ports: [{ port: 3128, protocol: 'TCP' }] }],
  },
  agent: { env: { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: '', AWS_ENDPOINT_URL_STS: '' } },
  mcpServers: weatherTools('https://mcp.example/mcp'),
  weatherApi: { env: { ALLOWED_HOSTS: 'localhost,127.0.0.1,[::1],demo-weather-api,mcp.example' } },
  networkPolicy: { agent: { extraEgress: [] }, weatherApi: { extraEgress: [], ingressFrom: [proxyPeer] } },
})
const agentUrl = await demo.agentUrl()
const userToken = await (await EntraControls.of(demo)).signIn()

describe('If the only way out is a forward proxy that demands credentials', () => {
  it.each([
    { mode: 'direct', flow: 'autonomous' },
    { mode: 'direct', flow: 'obo' },
    { mode: 'bedrock', flow: 'autonomous' },
    { mode: 'bedrock', flow: 'obo' },
  ] as const)('the agent answers: $mode, $flow', async ({ mode, flow }) => {
    const { status, body } = await ask(agentUrl, { mode, flow }, flow === 'obo' ? userToken : undefined)
    expect(body).toMatchObject({ answer: expect.stringContaining('Dallas') })
    expect(status).toBe(200)
  })

  it('the agent calls an MCP server outside the cluster', async () => {
    const question = { mode: 'bedrock', message: 'Ask weather-tools for the weather in Dallas' } as const
    const answered = async () => JSON.stringify((await ask(agentUrl, question)).body.trace ?? '')
    await expect.poll(answered, { timeout: 20_000 }).toContain('weather-tools')
  })

  it('pods ask the proxy for every host outside the cluster, and for no host inside', async () => {
    await readProxyLog()
    expect([...new Set(askedHosts)].sort()).toEqual(
      [entraHost, bedrockHost, stsHost, mcpHost].map(host => `${host} 200`).sort(),
    )
  })

  it('the doctor finds no fault in the proxy', async () => {
    await using operator = await Operator.of(demo)
    const { findings } = await operator.examine(userToken)
    expect(findings.find(({ check }) => check === 'proxy')).toMatchObject({ status: 'PASS' })
  })

  it('a turn reports that the proxy is down, and turns work again when the proxy is up', async () => {
    await stopProxy()
    const { body } = await ask(agentUrl, { mode: 'bedrock', message: 'Hello!' })
    expect(body.code).toBe('PROXY_UNAVAILABLE')
    await startProxy()
    const answered = async () => (await ask(agentUrl, { mode: 'bedrock' })).status
    await expect.poll(answered, { timeout: 60_000 }).toBe(200)
  })
})
