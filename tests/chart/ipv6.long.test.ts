import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findFreePort } from '../support/ports.ts'
import { processEnv } from '../support/process-env.ts'
import { needs } from '../support/programs.ts'
import { componentPod, isAllowed } from './support/reachability.ts'
import { renderWith, type Values } from './support/render.ts'

needs('helm')

const root = resolve(import.meta.dirname, '../..')
/** The address that the images listen on. */
const [, hostOfImages = ''] =
  /NODE_ENV=production .*HOST=(\S+)/.exec(readFileSync(resolve(root, 'Dockerfile'), 'utf8')) ?? []

/** The status of a response; 0 if nothing answers. */
function statusOf(host: string, port: number, path: string, headers: Readonly<Record<string, string>> = {}) {
  return new Promise<number>(done => {
    get({ host, port, path, headers }, response => done(response.resume().statusCode ?? 0)).once(
      'error',
      () => done(0),
    )
  })
}

let child: ChildProcess | undefined
afterAll(() => void child?.kill('SIGKILL'))

/** Runs the agent with the chart's settings as in its image, and waits until it is up. */
async function startAgent(values: Values) {
  const settings = (await renderWith({ agent: values })).settings('demo-agent', 'agent')
  const [port, metricsPort] = [await findFreePort(), await findFreePort()]
  const ports = { PORT: `${port}`, METRICS_PORT: `${metricsPort}`, STOP_TIMEOUT_MS: '1000' }
  const started = spawn(process.execPath, ['services/agent/src/main.ts'], {
    cwd: root,
    env: { ...processEnv(), HOST: hostOfImages, ...settings, ...ports },
  })
  child = started
  const log = text(started.stdout)
  const isUp = async () => expect(await statusOf('127.0.0.1', metricsPort, '/metrics')).toBe(200)
  await vi.waitFor(isUp, { timeout: 50_000, interval: 100 })
  return {
    ask: (address: string, headers: Readonly<Record<string, string>>) =>
      statusOf(address, port, '/api/status', headers),
    /** Ends the agent, and returns its log. */
    async end() {
      started.kill('SIGTERM')
      await once(started, 'close')
      return log
    },
  }
}

describe('With the chart’s settings', () => {
  let agent: Awaited<ReturnType<typeof startAgent>>
  beforeAll(async () => {
    const proxies = { requireSignIn: false, trustedProxies: ['127.0.0.1/32'] }
    agent = await startAgent({ allowedHosts: ['[2001:DB8:0::7]'], ...proxies })
  }, 60_000)

  it('the agent answers only by IPv6 addresses that its values name, however they are written', async () => {
    const hosts = ['[2001:db8::7]', '[2001:db8:0:0::7]:3001', '[::1]:3001', '[2001:db8::8]', '2001:db8::7']
    const statuses = hosts.map(host => agent.ask('::1', { host }))
    expect(await Promise.all(statuses)).toEqual([200, 200, 200, 421, 421])
  })

  it('a proxy with an IPv4 address is trusted, though a service that listens on both sees it as ::ffff:127.0.0.1', async () => {
    const forwarded = { 'x-forwarded-for': '2001:db8::9' }
    // The agent warns of the first proxy only that it does not trust.
    for (const address of ['127.0.0.1', '::1']) await agent.ask(address, forwarded)
    const warning = (await agent.end()).split('\n').filter(line => line.includes('TRUSTED_PROXIES'))
    expect(warning.map(line => JSON.parse(line).proxy)).toEqual(['::1'])
  })
})

describe('Policies with IPv6 addresses', () => {
  it('let in the gateway’s block, and let out to a proxy with an address in its URL, and to nothing else there', async () => {
    const policies = (
      await renderWith({
        networkPolicy: { agent: { ingressFrom: [{ ipBlock: { cidr: '2001:db8:1::/48' } }] } },
        proxy: { https: 'http://[fd12:3456:789a::7]:3128' },
      })
    ).ofKind('NetworkPolicy')
    const agent = componentPod('agent')
    const isLetIn = (address: string) =>
      isAllowed(policies, 'agents', { from: { address }, to: agent, port: 3001, protocol: 'TCP' })
    const isLetOut = (address: string, port: number) =>
      isAllowed(policies, 'agents', { from: agent, to: { address }, port, protocol: 'TCP' })
    expect(['2001:db8:1::9', '2001:db8:2::9', '10.0.0.1'].map(isLetIn)).toEqual([true, false, false])
    expect([
      isLetOut('fd12:3456:789a::7', 3128),
      isLetOut('fd12:3456:789a::7', 443),
      isLetOut('fd12:3456:789a::8', 3128),
      isLetOut('2603:1036::1', 443),
    ]).toEqual([true, false, false, false])
  })
})
