import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ForwardProxy } from '../testing/forward-proxy.ts'
import { isProxied, proxyProblem, readProxy } from './proxy.ts'
import { createSender } from './send.ts'

/** A host that only the proxy knows, and that speaks no TLS on any port. */
const api = createServer((_request, response) => response.end('{"from":"api.example"}'))
let proxy: ForwardProxy
beforeAll(async () => {
  await new Promise<void>(listening => api.listen(0, '127.0.0.1', listening))
  proxy = await ForwardProxy.start({ 'api.example': (api.address() as AddressInfo).port })
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  api.closeAllConnections()
  api.close()
})
beforeEach(() => {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'NO_PROXY', 'HTTPS_PROXY'])
    vi.stubEnv(name, undefined)
  vi.stubEnv('HTTP_PROXY', proxy.url)
  proxy.asked.length = 0
  proxy.refusal = undefined
})

/** The result of a call: its text, or code and message of its problem. */
async function call(url: string): Promise<string> {
  const { send, close } = createSender({ connectTimeoutMs: 2_000 })
  try {
    return (await send({ url, maxBytes: 1_000, timeoutMs: 5_000 })).text
  } catch (error) {
    const problem = proxyProblem(error, url)
    return problem ? `${problem.code}: ${problem.message}` : String(error)
  } finally {
    await close()
  }
}

describe('A call with a configured proxy', () => {
  it('reaches a host that only the proxy reaches, with the credentials of the proxy’s URL', async () => {
    expect(await call('http://api.example/weather')).toBe('{"from":"api.example"}')
    expect(proxy.asked).toEqual(['api.example'])
  })

  it('does not use the proxy for this machine or for hosts that NO_PROXY names', async () => {
    expect(await call(`http://127.0.0.1:${(api.address() as AddressInfo).port}/`)).toBe(
      '{"from":"api.example"}',
    )
    vi.stubEnv('NO_PROXY', '.example')
    expect(await call('http://api.example/weather')).toMatch(/^SendError/)
    expect(proxy.asked).toEqual([])
  })

  // biome-ignore format: table
  it.each([
    ['the credentials for the proxy are wrong', 407, () => vi.stubEnv('HTTP_PROXY', proxy.url.replace('agent:', 'somebody:')), 'PROXY_AUTHENTICATION_FAILED', 'responded 407.'],
    ['the host is not allowed', 403, () => { proxy.refusal = { status: 403 } }, 'PROXY_REFUSED', 'does not lead to api.example (403).'],
    ['the proxy does not reach the host', 502, () => { proxy.refusal = { status: 502 } }, 'PROXY_UNAVAILABLE', 'does not reach api.example (502).'],
  ])('reports that %s (status %i)', async (_what, _status, change, code, words) => {
    change()
    expect(await call('https://api.example/weather')).toBe(`${code}: The proxy 127.0.0.1:${proxy.port} ${words}`)
    expect(proxy.asked).toEqual(['api.example:443'])
  })

  it('reports a refusal if the proxy sends a page in place of a response', async () => {
    proxy.refusal = { status: 403, page: '<html>Blocked by policy</html>' }
    expect(await call('http://api.example/weather')).toMatch(
      /^PROXY_REFUSED: .* does not lead to api.example \(403\)\.$/,
    )
  })

  it('reports that the proxy is down, and works again once the proxy is up', async () => {
    const { port } = proxy
    const { send, close } = createSender({ connectTimeoutMs: 2_000 })
    const request = { url: 'http://api.example/weather', maxBytes: 1_000, timeoutMs: 5_000 }
    await proxy[Symbol.asyncDispose]()
    const error = await send(request).catch((thrown: unknown) => thrown)
    expect(proxyProblem(error, request.url)?.code).toBe('PROXY_UNAVAILABLE')
    proxy = await ForwardProxy.start({ 'api.example': (api.address() as AddressInfo).port }, port)
    expect((await send(request)).status).toBe(200)
    await close()
  })

  it('never reports the credentials of the proxy', async () => {
    proxy.refusal = { status: 502 }
    expect(await call('https://api.example/')).not.toMatch(/agent|word/)
  })
})

describe('A certificate of an unknown authority', () => {
  const error = Object.assign(new Error(), { code: 'SELF_SIGNED_CERT_IN_CHAIN' })

  it('is reported as a fault of the proxy only if the call goes through the proxy', () => {
    expect(proxyProblem(error, 'https://api.example/')?.code).toBe('PROXY_BREAKS_TLS')
    vi.stubEnv('NO_PROXY', 'api.example')
    expect(proxyProblem(error, 'https://api.example/')).toBeUndefined()
  })
})

describe('The environment', () => {
  it('names a proxy by variables in upper or lower case; an empty variable names no proxy', () => {
    expect(readProxy({ HTTPS_PROXY: '', HTTP_PROXY: '' })).toBeUndefined()
    expect(readProxy({ HTTP_PROXY: 'p:1' })).toMatchObject({
      HTTP_PROXY: 'http://p:1',
      HTTPS_PROXY: 'http://p:1',
    })
    expect(readProxy({ https_proxy: 'http://p:1', NO_PROXY: '.svc' })).toEqual({
      HTTPS_PROXY: 'http://p:1',
      NO_PROXY: '.svc,localhost,127.0.0.1,::1',
    })
  })

  it.each(['socks5://127.0.0.1:1080', 'http://', '::::', 'no proxy', 'file:///etc'])(
    'does not name a proxy by “%s”, and the fault names the variable, but not its text',
    text => {
      const faults = [
        'HTTPS_PROXY must be the http or https URL of a proxy, such as http://proxy.example:8080.',
      ]
      expect(() => readProxy({ https_proxy: text })).toThrow(expect.objectContaining({ faults }))
    },
  )

  // biome-ignore format: table
  it.each([
    ['https://login.microsoftonline.com/x', '', true],
    ['http://localhost:5000/', '', false],
    ['http://[::1]:5000/', '', false],
    ['http://demo-weather-api:8080/', 'demo-weather-api', false],
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
