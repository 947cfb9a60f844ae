import type { AddressInfo } from 'node:net'
import { ForwardProxy } from '@entra-agents/service-kit/testing/forward-proxy'
import { startTracing } from '@entra-agents/telemetry'
import { SigningKeys } from '@entra-agents/tokens'
import { beforeEach, expect, it, vi } from 'vitest'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { createCluster } from '../../contract/bedrock/web-identity.ts'
import { forFile } from '../../support/for-file.ts'
import { connectMode, runTurn } from '../bedrock/run-turn.ts'
import { Collector } from '../telemetry/collector.ts'

const cluster = await forFile(createCluster())
await cluster.project()
const collector = await forFile(new Collector().start())
const aws = await forFile(EmulatedAws.start(cluster.trust))
const { port } = aws.app.server.address() as AddressInfo
const proxy = await forFile(
  ForwardProxy.start({
    'bedrock.example': port,
    'sts.example': port,
    'otel.example': Number(new URL(collector.url).port),
  }),
)
beforeEach(() => {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'NO_PROXY']) vi.stubEnv(name, undefined)
  vi.stubEnv('HTTP_PROXY', proxy.url)
  vi.stubEnv('HTTPS_PROXY', proxy.url)
  proxy.asked.length = 0
  proxy.refusal = undefined
})

/** Runs a turn over a new connection to Bedrock. */
async function sayHello(environment: Readonly<Record<string, string>> = cluster.role) {
  const urls = {
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'http://bedrock.example',
    AWS_ENDPOINT_URL_STS: 'http://sts.example',
  }
  const { mode, bedrock } = connectMode({ ...aws.environment, ...urls, ...environment })
  using _closed = { [Symbol.dispose]: () => bedrock.close() }
  return await runTurn(mode, { message: 'Hello!' })
}

it('Bedrock and STS are called through the proxy', async () => {
  expect((await sayHello()).failure).toBeUndefined()
  expect([...new Set(proxy.asked)]).toEqual(['sts.example', 'bedrock.example'])
})

it.each([
  ['PROXY_REFUSED', 403],
  ['PROXY_UNAVAILABLE', 502],
])('a turn reports the proxy’s failure as %s (status %i)', async (code, status) => {
  proxy.refusal = { status }
  const endpoint = { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'https://bedrock.example' }
  const { failure } = await sayHello({ ...endpoint, ...staticKeys })
  expect(failure).toMatchObject({ code, options: { upstream: { service: 'proxy', status } } })
})

it('Entra’s signing keys are requested through the proxy; after a refusal by the proxy the error names Entra’s URL', async () => {
  const log = { warn: () => {} }
  const createVerifier = () => () => ({ header: {}, claims: {} }) as never
  const keys = new SigningKeys({ issuer: 'https://login.example/tenant', log, createVerifier })
  await expect(keys.find('a')).rejects.toMatchObject({ url: expect.stringContaining('login.example') })
  expect(proxy.asked).toEqual(['login.example:443'])
  await keys.close()
})

it('traces are sent through the proxy', async () => {
  const { tracer, close } = startTracing(
    {
      tracesUrl: 'http://otel.example/v1/traces',
      headers: {},
      timeoutMs: 5_000,
      samplingRatio: 1,
      resource: { 'service.name': 'test' },
    },
    { warn: () => {} } as never,
  )
  tracer.startSpan('one').end()
  await close()
  // `close` waits no longer than three seconds, which is too short for a busy machine.
  await expect.poll(() => collector.spans).toHaveLength(1)
  expect(proxy.asked).toEqual(['otel.example'])
})
