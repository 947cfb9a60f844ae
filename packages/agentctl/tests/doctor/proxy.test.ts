import { once } from 'node:events'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createBrokenProxy } from 'node:net'
import { ForwardProxy } from '@entra-agents/service-kit/testing/forward-proxy'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { makeCertificate } from '../../../../emulators/entra/src/testing/certificate.ts'
import { folderWith, run } from '../../../../tests/support/agentctl.ts'
import { forFile } from '../../../../tests/support/for-file.ts'
import { identities } from '../../../../tests/support/identities.ts'
import { examine } from '../../src/doctor/finding.ts'
import { proxyChecks } from '../../src/doctor/proxy.ts'
import { sectionOf } from './support/table.ts'

const url = 'https://login.example/keys'
const certificate = makeCertificate('login.example')
const host = createServer({ key: certificate.key, cert: certificate.certificate }).listen(0, '127.0.0.1')
await once(host, 'listening')
const proxy = await forFile(ForwardProxy.start({ 'login.example': (host.address() as AddressInfo).port }))
afterAll(() => {
  host.close()
  certificate[Symbol.dispose]()
})
const useProxy = (HTTPS_PROXY: string | undefined = proxy.url) => vi.stubEnv('HTTPS_PROXY', HTTPS_PROXY)
function resetProxy(): void {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'NO_PROXY', 'HTTP_PROXY'])
    vi.stubEnv(name, undefined)
  useProxy()
  proxy.refusal = undefined
}
beforeEach(resetProxy)

it('The doctor says what is wrong with the proxy of the environment', async () => {
  // biome-ignore format: table
  const situations: readonly (readonly [what: string, change: () => unknown, ...others: string[]])[] = [
    ['the proxy puts a certificate of its own in the place of the host’s', () => {}],
    ['the proxy does not take the credentials', () => useProxy(proxy.url.replace('agent:', 'somebody:'))],
    ['the proxy does not let the call through', () => { proxy.refusal = { status: 403 } }],
    ['the proxy does not reach the host', () => { proxy.refusal = { status: 502 } }],
    ['the proxy is not there', () => useProxy('http://127.0.0.1:9')],
    ['NO_PROXY keeps every call from the proxy', () => vi.stubEnv('NO_PROXY', '*')],
    ['an API by http gets the proxy’s error page, which may be a response of the API', () => { vi.stubEnv('HTTP_PROXY', proxy.url); vi.stubEnv('NO_PROXY', 'login.example'); proxy.refusal = { status: 403 } }, 'http://api.example/'],
    ['there is no proxy', () => vi.stubEnv('HTTPS_PROXY', undefined)],
  ]
  const sections: string[] = []
  for (const [what, change, ...others] of situations) {
    resetProxy()
    change()
    sections.push(sectionOf(what, await examine(proxyChecks(url, others))))
  }
  await expect(sections.join('')).toMatchFileSnapshot('proxy.txt')
})

const { tenantId: TENANT_ID, blueprintAppId: BLUEPRINT_APP_ID, agentId, weatherAppId } = identities
const ids = { TENANT_ID, BLUEPRINT_APP_ID, AGENT_CLIENT_ID: agentId, WEATHER_API_APP_ID: weatherAppId }
const runAgentctl = (variables: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  run({ args, cwd: folderWith(), env: { ...ids, ...variables } })

it.each([['doctor'], ['entra', 'status', '--access-token-file', '/dev/null']])(
  'agentctl %s names the variable whose proxy is none',
  async (...args) => {
    const { code, said } = await runAgentctl({ HTTPS_PROXY: 'socks5://127.0.0.1:1080' }, ...args)
    expect(said).toMatch(/^The configuration has a fault:\n {2}- HTTPS_PROXY must be /)
    expect(code).toBe(2)
  },
)

it('The doctor asks a proxy that breaks every connection a few times, and ends', async () => {
  let connections = 0
  const broken = createBrokenProxy(socket => {
    connections += 1
    socket.once('data', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(broken, 'listening')
  const { port } = broken.address() as AddressInfo
  const { output } = await runAgentctl({ HTTPS_PROXY: `127.0.0.1:${port}` }, 'doctor', '--json')
  broken.close()
  expect(JSON.parse(output).findings).toContainEqual(
    expect.objectContaining({ check: 'Entra', code: 'PROXY_UNAVAILABLE' }),
  )
  expect(connections).toBeLessThan(10)
})

it('The doctor does not ask the proxy for this machine, and says so, whether NO_PROXY names it or not', async () => {
  proxy.asked.length = 0
  const variables = { HTTP_PROXY: proxy.url, ENTRA_AUTHORITY: 'http://localhost:9' }
  const { output } = await runAgentctl(variables, 'doctor')
  expect(output).toMatch(/^WARN {2}proxy: A proxy is set, but no call goes through it/m)
  expect(output).toMatch(/^FAIL {2}Entra: http:\/\/localhost:9 does not respond\./m)
  expect(proxy.asked).toEqual([])
})
