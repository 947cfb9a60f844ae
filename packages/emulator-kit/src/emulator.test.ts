import { once } from 'node:events'
import { connect } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Emulator } from './emulator.ts'
import { faultKind } from './faults.ts'

let teapot: FastifyInstance
let url: string

const Cup = Type.Object({ cup: Type.Optional(Type.String()) }, { additionalProperties: false })
const spill = faultKind('The tea is spilt.', { amount: Type.Integer() }, ({ amount }) => ({ spilt: amount }))
const Temperatures = Type.Record(Type.String(), Type.Union([Type.Number(), Type.Null()]))

/** An emulator with one route that faults apply to, one kind of fault and two settings besides the clock. */
async function startTeapot() {
  const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } })
  const emulator = new Emulator({
    about: { emulates: ['teapot'] },
    allowedHosts: ['localhost', '127.0.0.1', '[::1]'],
    target: Cup,
    faults: { spill },
    settings: {
      change: { sweet: Type.Boolean(), temperatures: Temperatures },
      initial: { sweet: false, temperatures: { green: 70 } },
    },
  })
  const { requests, faults, settings, clock } = emulator
  emulator.addControls(app, scope => scope.get('/tea', async () => 'green'))
  app.get<{ Params: { cup: string } }>('/cups/:cup', async (request, reply) => {
    const { cup } = request.params
    requests.note(request, { cup })
    const mishap = await faults.apply(reply, ({ target }) => (target?.cup ?? cup) === cup)
    if (mishap) return reply.code(418).send(mishap)
    if (reply.sent) return reply
    return { now: clock.nowMs(), ...settings.current }
  })
  await app.listen({ host: 'localhost', port: 0 })
  return app
}

async function send(method: string, path: string, body?: unknown) {
  const json = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await fetch(`${url}${path}`, { method, ...(body === undefined ? {} : json) })
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
}
const injectFaults = (...faults: readonly unknown[]) => send('PUT', '/emulator/faults', { faults })

beforeEach(async () => {
  teapot = await startTeapot()
  url = teapot.listeningOrigin
})
afterEach(() => teapot.close())

const blue = { target: { cup: 'blue' }, fault: { kind: 'spill', amount: 3 }, times: 2 }
type Request = readonly [method: string, path: string, body?: unknown]
type Conversation = readonly [title: string, ...requests: Request[]]
// biome-ignore format: table
const conversations: readonly Conversation[] = [
  ['The log has the details of each request and how it ended, without tokens and queries',
    ['GET', '/cups/blue?milk=secret'],
    ['GET', '/nowhere'],
    ['GET', '/cups/eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'],
    ['GET', `/cups/${'x'.repeat(99)}`],
    ['GET', '/emulator/requests'],
    ['DELETE', '/emulator/requests'],
    ['GET', '/emulator/requests']],
  ['A fault applies only to its target, and as many times as it says',
    ['PUT', '/emulator/faults', { faults: [blue] }],
    ['GET', '/cups/red'],
    ['GET', '/cups/blue'],
    ['GET', '/emulator/faults'],
    ['GET', '/cups/blue'],
    ['GET', '/cups/blue']],
  ['A fault stays until it is replaced or cleared',
    ['PUT', '/emulator/faults', { faults: [{ fault: { kind: 'html' } }] }],
    ['GET', '/cups/blue'],
    ['PUT', '/emulator/faults', { faults: [{ fault: { kind: 'html', status: 504 } }] }],
    ['GET', '/cups/blue'],
    ['DELETE', '/emulator/faults'],
    ['GET', '/cups/blue']],
  ['Faults that make no sense are refused',
    ['PUT', '/emulator/faults', { faults: [{ fault: { kind: 'flood' } }] }],
    ['PUT', '/emulator/faults', { faults: [{ fault: { kind: 'hang', status: 500 } }] }],
    ['PUT', '/emulator/faults', { faults: [{ fault: { kind: 'hang' }, times: 0 }] }],
    ['PUT', '/emulator/faults', { faults: [{ fault: { kind: 'hang' }, target: { saucer: 'blue' } }] }],
    ['GET', '/emulator/faults']],
  ['Settings are changed one by one, and take effect at once; unknown ones are refused',
    ['PATCH', '/emulator/settings', { temperatures: { black: 95 } }],
    ['PATCH', '/emulator/settings', { sweet: true, clockOffsetSeconds: 3_600 }],
    ['GET', '/cups/blue'],
    ['PATCH', '/emulator/settings', { temperatures: { green: null } }],
    ['PATCH', '/emulator/settings', { sour: true }]],
  ['A reset undoes everything',
    ['PUT', '/emulator/faults', { faults: [{ fault: { kind: 'reset' } }] }],
    ['PATCH', '/emulator/settings', { sweet: true, clockOffsetSeconds: 9, temperatures: { green: 1 } }],
    ['POST', '/emulator/reset'],
    ['GET', '/emulator/faults'],
    ['GET', '/emulator/settings']],
  ['The health response says what is emulated, and an emulator can add controls of its own',
    ['GET', '/emulator/health'],
    ['GET', '/emulator/tea']],
]

/** The body of a response without ids and durations. */
const steadyText = (body: unknown) =>
  JSON.stringify(body, (name, value) => (/^(?:id|requestId|durationMs)$/.test(name) ? typeof value : value))

it('Each request is answered as the conversations say', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 1) })
  onTestFinished(() => void vi.useRealTimers())
  const lines: string[] = []
  for (const [title, ...requests] of conversations) {
    lines.push(title)
    for (const [method, path, sent] of requests) {
      const { status, body } = await send(method, path, sent)
      lines.push(
        `- ${method} ${path} ${JSON.stringify(sent) ?? ''}`.trimEnd(),
        `  ${status} ${steadyText(body)}`,
      )
    }
    await send('POST', '/emulator/reset')
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('conversations.txt')
})

it('The log drops the oldest requests beyond its limit', async () => {
  for (let i = 0; i <= 1_000; i++) await teapot.inject(`/cups/${i}`)
  const { requests } = (await send('GET', '/emulator/requests')).body
  expect(requests).toHaveLength(1_000)
  expect(requests[0].cup).toBe('1')
})

describe('A fault', () => {
  it('can break the connection', async () => {
    await injectFaults({ fault: { kind: 'reset' }, times: 1 })
    await expect(send('GET', '/cups/blue')).rejects.toThrow('fetch failed')
    expect((await send('GET', '/emulator/requests')).body.requests).toMatchObject([{ status: null }])
  })

  it('can delay the response', async () => {
    await injectFaults({ fault: { kind: 'delay', delayMs: 60 } })
    const startedMs = performance.now()
    expect((await send('GET', '/cups/blue')).status).toBe(200)
    expect(performance.now() - startedMs).toBeGreaterThan(55)
  })

  it('can leave a request without a response, and even then do not keep the emulator from closing', async () => {
    await injectFaults({ fault: { kind: 'hang' }, times: 1 })
    const socket = connect(Number(new URL(url).port), 'localhost')
    socket.end('GET /cups/blue HTTP/1.1\r\nhost: localhost\r\n\r\n')
    const closed = once(socket, 'close')
    await expect.poll(async () => (await send('GET', '/emulator/faults')).body).toEqual({ faults: [] })
    await teapot.close()
    await closed
    expect(socket.bytesRead).toBe(0)
  })
})

it('faults and settings are listed, each with a schema, so that a form can be drawn from the list', async () => {
  const { body } = await send('GET', '/emulator/control')
  await expect(`${JSON.stringify(body, undefined, 2)}\n`).toMatchFileSnapshot('control.txt')
})

it('an OpenAPI document describes all routes of the control plane, by the schemas that validate', async () => {
  const { body } = await send('GET', '/emulator/openapi.json')
  await expect(`${JSON.stringify(body, undefined, 2)}\n`).toMatchFileSnapshot('openapi.txt')
})

it('neither a page of another site nor a request for a host name that is not allowed reaches the controls', async () => {
  const reset = { method: 'POST', url: '/emulator/reset' } as const
  const ofOtherSite = { host: 'localhost', origin: 'https://evil.example' }
  const refusals = [
    await teapot.inject({ ...reset, headers: ofOtherSite }),
    await teapot.inject({ ...reset, headers: { host: 'evil.example' } }),
  ]
  expect(refusals.map(response => response.json().code)).toEqual(['CROSS_SITE_REQUEST', 'HOST_NOT_ALLOWED'])
  expect((await teapot.inject({ url: '/cups/blue', headers: { host: 'evil.example' } })).statusCode).toBe(200)
})
