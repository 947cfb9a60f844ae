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
import { renderWith } from './support/render.ts'

needs('helm')

const root = resolve(import.meta.dirname, '../..')
/** The address that the images listen on. */
const [, hostOfImages = ''] =
  /NODE_ENV=production .*HOST=(\S+)/.exec(readFileSync(resolve(root, 'Dockerfile'), 'utf8')) ?? []

interface RequestOptions {
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The status of a response; 0 if nothing answers. */
function statusOf(
  host: string,
  port: number,
  { path = '/livez', headers = {} }: RequestOptions = {},
): Promise<number> {
  return new Promise(done => {
    get({ host, port, path, headers }, response => done(response.resume().statusCode ?? 0)).once(
      'error',
      () => done(0),
    )
  })
}

/** Runs a service with the chart's settings as in its image, and waits until it listens. */
async function startService(component: 'agent' | 'weather-api', values = {}) {
  const settings = (await renderWith(values)).settings(`demo-${component}`, component)
  const [port, metricsPort] = [await findFreePort(), await findFreePort()]
  const ports = { PORT: `${port}`, METRICS_PORT: `${metricsPort}`, STOP_TIMEOUT_MS: '1000' }
  const child = spawn(process.execPath, [`services/${component}/src/main.ts`], {
    cwd: root,
    env: { ...processEnv(), HOST: hostOfImages, ...settings, ...ports },
  })
  children.push(child)
  const log = text(child.stdout)
  const metrics = { path: '/metrics' }
  const isUp = async () => expect(await statusOf('127.0.0.1', metricsPort, metrics)).toBe(200)
  await vi.waitFor(isUp, { timeout: 50_000, interval: 100 })
  return {
    ask: (address: string, request?: RequestOptions) => statusOf(address, port, request),
    askForMetrics: (address: string) => statusOf(address, metricsPort, metrics),
    /** Ends the service, and returns its log. */
    async end() {
      child.kill('SIGTERM')
      await once(child, 'close')
      return log
    },
  }
}

const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

describe('With the chart’s settings', () => {
  let services: Readonly<Record<'agent' | 'weather-api', Awaited<ReturnType<typeof startService>>>>
  beforeAll(async () => {
    const allowedHosts = ['[2001:DB8:0::7]']
    const [agent, weatherApi] = await Promise.all([
      startService('agent', {
        agent: { allowedHosts, requireSignIn: false, trustedProxies: ['127.0.0.1/32'] },
      }),
      startService('weather-api'),
    ])
    services = { agent, 'weather-api': weatherApi }
  }, 60_000)

  it.each(['agent', 'weather-api'] as const)(
    'the %s and its metrics answer by IPv4 and by IPv6',
    async component => {
      for (const address of ['127.0.0.1', '::1']) {
        expect([address, await services[component].ask(address)]).toEqual([address, 200])
        expect([address, await services[component].askForMetrics(address)]).toEqual([address, 200])
      }
    },
  )

  it('the agent answers only by IPv6 addresses that its values name, however they are written', async () => {
    const hosts = ['[2001:db8::7]', '[2001:db8:0:0::7]:3001', '[::1]:3001', '[2001:db8::8]', '2001:db8::7']
    const statuses = hosts.map(host => services.agent.ask('::1', { path: '/api/status', headers: { host } }))
    expect(await Promise.all(statuses)).toEqual([200, 200, 200, 421, 421])
  })

  it('a proxy with an IPv4 address is trusted, though a service that listens on both sees it as ::ffff:127.0.0.1', async () => {
    const forwarded = { path: '/api/status', headers: { 'x-forwarded-for': '2001:db8::9' } }
    // The agent warns of the first proxy only that it does not trust.
    for (const address of ['127.0.0.1', '::1']) await services.agent.ask(address, forwarded)
    const warning = (await services.agent.end()).split('\n').filter(line => line.includes('TRUSTED_PROXIES'))
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
