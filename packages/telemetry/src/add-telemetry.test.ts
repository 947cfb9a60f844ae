import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from '@entra-bedrock-agent/service-kit'
import { describe, expect, it } from 'vitest'
import { addTelemetry } from './add-telemetry.ts'

const spanOptions = { trustsCallers: false, untraced: [] }
const configOf = (tracesUrl: string, { samplingRatio = 1, timeoutMs = 200 } = {}) => ({
  tracesUrl,
  headers: {},
  timeoutMs,
  samplingRatio,
  resource: { 'service.name': 'test' },
})

async function buildTracedApp(tracesUrl: string, settings?: Parameters<typeof configOf>[1]) {
  const lines: string[] = []
  const app = createServer({
    logLevel: 'info',
    traced: true,
    logStream: { write: line => void lines.push(line) },
  })
  await addTelemetry(app, configOf(tracesUrl, settings), spanOptions)
  app.get('/', async request => {
    request.log.info('Inside.')
    return {}
  })
  app.get('/broken', async () => {
    throw new Error('Broken.')
  })
  return { app, lines: () => lines.map(line => JSON.parse(line) as Record<string, unknown>) }
}

describe('A traced app', () => {
  it('writes trace and span ids into log lines and trace ids into problems, even if the trace is not sampled', async () => {
    const { app, lines } = await buildTracedApp('http://127.0.0.1:9/v1/traces', { samplingRatio: 0 })
    await app.inject('/')
    const inside = lines().find(({ msg }) => msg === 'Inside.')
    expect(inside).toMatchObject({
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      trace_flags: '00',
    })
    const { traceId } = (await app.inject('/broken')).json()
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(traceId).not.toBe(inside?.['trace_id'])
    await app.close()
  })

  it('whose endpoint refuses spans responds as usual, warns once and can stop', async () => {
    const collector = createHttpServer((_request, response) => response.writeHead(400).end()).listen(0)
    const { app, lines } = await buildTracedApp(
      `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`,
    )
    expect((await app.inject('/')).statusCode).toBe(200)
    await app.close()
    await expect
      .poll(() => lines().filter(({ msg }) => String(msg).includes('they are lost')))
      .toMatchObject([{ lost: 1 }])
    collector.close()
  })

  it('stops without waiting for a slow endpoint', async () => {
    const collector = createHttpServer(() => undefined).listen(0)
    const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`
    const { app } = await buildTracedApp(url, { timeoutMs: 600_000 })
    await app.inject('/')
    await app.close()
    collector.closeAllConnections()
    collector.close()
  })
})

describe('An app that is not traced', () => {
  it('has no tracer, and writes no trace ids into log and problems', async () => {
    const lines: string[] = []
    const app = createServer({ logLevel: 'info', logStream: { write: line => void lines.push(line) } })
    expect(await addTelemetry(app, undefined, spanOptions)).toBe(undefined)
    const response = await app.inject({
      url: '/nothing',
      headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    })
    expect(response.json()).not.toHaveProperty('traceId')
    expect(lines.join('')).not.toContain('trace_id')
    await app.close()
  })
})
