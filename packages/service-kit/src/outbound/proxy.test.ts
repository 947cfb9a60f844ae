import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { findFaults } from '../testing/find-faults.ts'
import { ForwardProxy } from '../testing/forward-proxy.ts'
import { LocalServer } from '../testing/local-server.ts'
import { isProxied, proxyProblem, readProxy } from './proxy.ts'
import { createSender } from './send.ts'

/** A host that only the proxy knows, and that speaks no TLS on any port. */
const api = await new LocalServer((_request, response) => response.end('tea')).start()
const startProxy = (port = 0) => ForwardProxy.start({ 'api.example': Number(new URL(api.url).port) }, port)
let proxy = await startProxy()
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await api.close()
})
beforeEach(() => {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'NO_PROXY', 'HTTPS_PROXY'])
    vi.stubEnv(name, undefined)
  vi.stubEnv('HTTP_PROXY', proxy.url)
  proxy.asked.length = 0
  proxy.refusal = undefined
})

const request = (url: string) => ({ url, maxBytes: 1_000, timeoutMs: 5_000 })

/** The result of a call: its text, or code and message of its problem. */
async function call(url: string, { send, close } = createSender({ connectTimeoutMs: 2_000 })) {
  try {
    return (await send(request(url))).text
  } catch (error) {
    const problem = proxyProblem(error, url)
    return problem ? `${problem.code}: ${problem.message}` : String(error)
  } finally {
    await close()
  }
}

describe('A call with a configured proxy', () => {
  it('reaches a host that only the proxy reaches, with the credentials of the proxy’s URL', async () => {
    expect(await call('http://api.example/orders')).toBe('tea')
    expect(proxy.asked).toEqual(['api.example'])
  })

  it('does not use the proxy for this machine or for hosts that NO_PROXY names', async () => {
    expect(await call(api.url)).toBe('tea')
    vi.stubEnv('NO_PROXY', '.example')
    expect(await call('http://api.example/orders')).toMatch(/^SendError/)
    expect(proxy.asked).toEqual([])
  })

  // biome-ignore format: table
  it.each([
    ['https', 407, 'PROXY_AUTHENTICATION_FAILED', 'responded 407.'],
    ['https', 403, 'PROXY_REFUSED', 'does not lead to api.example (403).'],
    ['https', 502, 'PROXY_UNAVAILABLE', 'does not reach api.example (502).'],
    ['http', 403, 'PROXY_REFUSED', 'does not lead to api.example (403).'],
  ])('by %s that the proxy refuses with status %i is %s, without the proxy’s credentials', async (scheme, status, code, words) => {
    proxy.refusal = { status, page: '<html>Blocked by policy</html>' }
    expect(await call(`${scheme}://api.example/`)).toBe(`${code}: The proxy 127.0.0.1:${proxy.port} ${words}`)
  })

  it('says that the proxy is down, and works again once the proxy is up', async () => {
    const { port } = proxy
    const { send, close } = createSender({ connectTimeoutMs: 2_000 })
    await proxy[Symbol.asyncDispose]()
    expect(await call('http://api.example/', { send, close: async () => {} })).toMatch(/^PROXY_UNAVAILABLE: /)
    proxy = await startProxy(port)
    expect((await send(request('http://api.example/'))).status).toBe(200)
    await close()
  })
})

it('A certificate of an unknown authority is a fault of the proxy only if the call goes through the proxy', () => {
  const error = Object.assign(new Error(), { code: 'SELF_SIGNED_CERT_IN_CHAIN' })
  expect(proxyProblem(error, 'https://api.example/')?.code).toBe('PROXY_BREAKS_TLS')
  vi.stubEnv('NO_PROXY', 'api.example')
  expect(proxyProblem(error, 'https://api.example/')).toBeUndefined()
})

describe('The environment', () => {
  // biome-ignore format: table
  it.each([
    [{ HTTPS_PROXY: '', HTTP_PROXY: '' }, undefined],
    [{ HTTP_PROXY: 'p:1' }, { HTTP_PROXY: 'http://p:1', HTTPS_PROXY: 'http://p:1', NO_PROXY: 'localhost,127.0.0.1,::1' }],
    [{ https_proxy: 'http://p:1', NO_PROXY: '.svc' }, { HTTPS_PROXY: 'http://p:1', NO_PROXY: '.svc,localhost,127.0.0.1,::1' }],
  ])('%j, with variables in upper or lower case, names the proxy %j', (variables, settings) => {
    expect(readProxy(variables)).toEqual(settings)
  })

  it.each(['socks5://127.0.0.1:1080', 'http://', '::::', 'no proxy', 'file:///etc'])(
    'does not name a proxy by “%s”, and the fault names the variable, but not its text',
    text => {
      expect(findFaults(() => readProxy({ https_proxy: text }))).toEqual([
        'HTTPS_PROXY must be the http or https URL of a proxy, such as http://proxy.example:8080.',
      ])
    },
  )

  // biome-ignore format: table
  it.each([
    ['https://login.microsoftonline.com/x', '', true],
    ['http://localhost:5000/', '', false],
    ['http://[::1]:5000/', '', false],
    ['http://demo-orders-api:8080/', 'demo-orders-api', false],
    ['http://a.agents.svc/', '.svc', false],
    ['https://a.example:8443/', 'a.example:443', true],
    ['https://a.example/', 'a.example:443', false],
    ['https://a.example/', 'example', false],
    ['https://entra.localhost:7001/', '', false],
    ['https://example/', '*.example', true],
    ['https://a.example/', 'b.example, *.example', false],
    ['https://a.example/', '*', false],
    ['https://notsvc/', 'svc', true],
  ])('decides whether a call of the URL %s with NO_PROXY=“%s” goes through the proxy: %s', (url, NO_PROXY, expected) => {
    const settings = readProxy({ HTTP_PROXY: 'http://p:1', NO_PROXY })
    expect(settings && isProxied(url, settings)).toBe(expected)
  })
})
