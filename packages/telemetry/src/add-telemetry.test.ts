import type { RequestListener } from 'node:http'
import { createServer } from '@entra-agents/service-kit'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addTelemetry } from './add-telemetry.ts'
import type { TelemetryConfig } from './config.ts'

const spanOptions = { trustsCallers: false, untraced: [] }

/** An app that is traced if it has settings, and the lines that it logs. */
async function buildApp(settings?: Partial<TelemetryConfig>) {
  const lines: string[] = []
  const logStream = { write: (line: string) => void lines.push(line) }
  const app = createServer({ logLevel: 'info', traced: settings !== undefined, logStream })
  const resource = { 'service.name': 'test' }
  const tracesUrl = 'http://127.0.0.1:9/v1/traces'
  const usual = { tracesUrl, headers: {}, timeoutMs: 200, samplingRatio: 1, resource }
  const tracer = await addTelemetry(app, settings && { ...usual, ...settings }, spanOptions)
  app.get('/', async request => {
    request.log.info('Inside.')
    return {}
  })
  app.get('/broken', () => Promise.reject(new Error('Broken.')))
  return { app, tracer, lines: () => lines.map(line => JSON.parse(line) as Record<string, unknown>) }
}

async function collect(respond: RequestListener): Promise<string> {
  const collector = await new LocalServer(respond).start()
  onTestFinished(() => collector.close())
  return `${collector.url}/v1/traces`
}

describe('A traced app', () => {
  it('writes trace and span ids into log lines and trace ids into problems, even if the trace is not sampled', async () => {
    const { app, lines } = await buildApp({ samplingRatio: 0 })
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
    const tracesUrl = await collect((_request, response) => response.writeHead(400).end())
    const { app, lines } = await buildApp({ tracesUrl })
    expect((await app.inject('/')).statusCode).toBe(200)
    await app.close()
    await expect
      .poll(() => lines().filter(({ msg }) => String(msg).includes('they are lost')))
      .toMatchObject([{ lost: 1 }])
  })

  it('stops without waiting for a slow endpoint', async () => {
    const { app } = await buildApp({ tracesUrl: await collect(() => undefined), timeoutMs: 600_000 })
    await app.inject('/')
    await app.close()
  })
})

it('An app that is not traced has no tracer, and writes no trace ids into log and problems', async () => {
  const { app, tracer, lines } = await buildApp()
  expect(tracer).toBe(undefined)
  const headers = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }
  const response = await app.inject({ url: '/nothing', headers })
  expect(response.json()).not.toHaveProperty('traceId')
  expect(JSON.stringify(lines())).not.toContain('trace_id')
  await app.close()
})
