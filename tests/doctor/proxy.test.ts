import { execFile } from 'node:child_process'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createBrokenProxy } from 'node:net'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeCertificate, type TestCertificate } from '../../emulators/entra/src/testing/certificate.ts'
import { ForwardProxy } from '../../packages/service-kit/src/testing/forward-proxy.ts'
import { examine } from '../../scripts/doctor/finding.ts'
import { proxyChecks } from '../../scripts/doctor/proxy.ts'
import { identities } from '../support/identities.ts'
import { processEnv } from '../support/process-env.ts'

const url = 'https://login.example/keys'

let certificate: TestCertificate
let proxy: ForwardProxy
let host: ReturnType<typeof createServer>
beforeAll(async () => {
  certificate = makeCertificate('login.example')
  const { key, certificate: cert } = certificate
  host = createServer({ key, cert }, (_request, response) => response.end('{}'))
  await new Promise<void>(listening => host.listen(0, '127.0.0.1', listening))
  proxy = await ForwardProxy.start({ 'login.example': (host.address() as AddressInfo).port })
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  host.close()
  certificate[Symbol.dispose]()
})
beforeEach(() => {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'NO_PROXY', 'HTTP_PROXY'])
    vi.stubEnv(name, undefined)
  vi.stubEnv('HTTPS_PROXY', proxy.url)
  proxy.refusal = undefined
})

async function examineProxy(...others: readonly string[]) {
  const [finding] = await examine(proxyChecks(url, others))
  return finding
}

describe('The doctor, when it checks the proxy of the environment,', () => {
  it('says that the proxy puts a certificate of its own in the place of the host’s', async () => {
    expect(await examineProxy()).toMatchObject({ status: 'FAIL', code: 'PROXY_BREAKS_TLS' })
  })

  // biome-ignore format: table
  it.each([
    ['does not take the credentials', () => vi.stubEnv('HTTPS_PROXY', proxy.url.replace('agent:', 'somebody:')), 'PROXY_AUTHENTICATION_FAILED'],
    ['does not let the call through', () => { proxy.refusal = { status: 403 } }, 'PROXY_REFUSED'],
    ['does not reach the host', () => { proxy.refusal = { status: 502 } }, 'PROXY_UNAVAILABLE'],
    ['is not there', () => vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:9'), 'PROXY_UNAVAILABLE'],
  ])('says that the proxy %s', async (_what, change, code) => {
    change()
    expect(await examineProxy()).toMatchObject({ status: 'FAIL', code })
  })

  it('warns that NO_PROXY keeps every call from the proxy', async () => {
    vi.stubEnv('NO_PROXY', '*')
    expect(await examineProxy()).toMatchObject({ status: 'WARN', code: 'PROXY_NOT_HONOURED' })
  })

  it('takes the proxy’s error page for a response of the API if the API has an http URL', async () => {
    vi.stubEnv('HTTP_PROXY', proxy.url)
    vi.stubEnv('NO_PROXY', 'login.example')
    proxy.refusal = { status: 403 }
    expect(await examineProxy('http://api.example/')).toMatchObject({ status: 'PASS' })
  })

  it('reports nothing if no proxy is set', async () => {
    vi.stubEnv('HTTPS_PROXY', undefined)
    expect(await examineProxy()).toBeUndefined()
  })
})

/** Runs `agentctl` with these variables. Resolves to its exit code and to all that it printed. */
async function runAgentctl(variables: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { tenantId, blueprintAppId, agentId, weatherAppId } = identities
  const env = {
    ...processEnv(),
    TENANT_ID: tenantId,
    BLUEPRINT_APP_ID: blueprintAppId,
    AGENT_CLIENT_ID: agentId,
    WEATHER_API_APP_ID: weatherAppId,
    ...variables,
  }
  const script = resolve(import.meta.dirname, '../../scripts/agentctl/agentctl.mjs')
  return new Promise<{ exitCode: unknown; output: string }>(done => {
    execFile(process.execPath, [script, ...args], { cwd: tmpdir(), env }, (error, output, complaint) =>
      done({ exitCode: error?.code ?? 0, output: output + complaint }),
    )
  })
}

it.each([['doctor'], ['entra', 'status', '--access-token-file', '/dev/null']])(
  'agentctl %s names the variable whose proxy is none',
  async (...args) => {
    const { exitCode, output } = await runAgentctl({ HTTPS_PROXY: 'socks5://127.0.0.1:1080' }, ...args)
    expect(output).toMatch(/^The configuration has a fault:\n {2}- HTTPS_PROXY must be /)
    expect(exitCode).toBe(2)
  },
)

it('The doctor asks a proxy that breaks every connection a few times, and ends', async () => {
  let connections = 0
  const broken = createBrokenProxy(socket => {
    connections += 1
    socket.once('data', () => socket.destroy())
  })
  await new Promise<void>(listening => broken.listen(0, '127.0.0.1', listening))
  const { port } = broken.address() as AddressInfo
  const { output } = await runAgentctl({ HTTPS_PROXY: `127.0.0.1:${port}` }, 'doctor', '--json')
  broken.close()
  const { findings } = JSON.parse(output) as { findings: readonly { check: string; code?: string }[] }
  expect(findings.find(({ check }) => check === 'Entra')).toMatchObject({ code: 'PROXY_UNAVAILABLE' })
  expect(connections).toBeLessThan(10)
})

it('The doctor does not ask the proxy for this machine, and says so, whether NO_PROXY names it or not', async () => {
  proxy.asked.length = 0
  const variables = { HTTP_PROXY: proxy.url, ENTRA_AUTHORITY: 'http://localhost:9' }
  const { output } = await runAgentctl(variables, 'doctor')
  expect(output).toMatch(
    /^WARN {2}proxy: A proxy is set, but no call goes through it: all go to this machine/m,
  )
  expect(output).toMatch(/^FAIL {2}Entra: http:\/\/localhost:9 does not respond\./m)
  expect(proxy.asked).toEqual([])
})
