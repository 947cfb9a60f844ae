import { once } from 'node:events'
import { connect } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Emulator } from './emulator.ts'
import { faultKind } from './fault-kinds.ts'

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

describe('the request log', () => {
  it('has the details of each request, and how it ended', async () => {
    await send('GET', '/cups/blue?milk=secret')
    await send('GET', '/nowhere')
    expect((await send('GET', '/emulator/requests')).body.requests).toEqual([
      {
        id: expect.any(String),
        receivedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        method: 'GET',
        path: '/cups/blue',
        cup: 'blue',
        status: 200,
        durationMs: expect.any(Number),
      },
      expect.objectContaining({ path: '/nowhere', status: 404 }),
    ])
  })

  it('hides tokens, and keeps other texts whole', async () => {
    await send('GET', '/cups/eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl')
    await send('GET', `/cups/${'x'.repeat(99)}`)
    const { requests } = (await send('GET', '/emulator/requests')).body
    expect(requests[0]).toMatchObject({ path: '/cups/‹token›', cup: '‹token›' })
    expect(requests[1].cup).toHaveLength(99)
  })

  it('drops the oldest requests beyond its limit, and all requests when it is cleared', async () => {
    for (let i = 0; i <= 1_000; i++) await teapot.inject(`/cups/${i}`)
    const { requests } = (await send('GET', '/emulator/requests')).body
    expect(requests).toHaveLength(1_000)
    expect(requests[0].cup).toBe('1')
    expect((await send('DELETE', '/emulator/requests')).status).toBe(204)
    expect((await send('GET', '/emulator/requests')).body).toEqual({ requests: [] })
  })
})

describe('faults', () => {
  it('apply only to their target, and as many times as `times` says', async () => {
    const blue = { target: { cup: 'blue' }, fault: { kind: 'spill', amount: 3 }, times: 2 }
    expect((await injectFaults(blue)).body).toEqual({ faults: [blue] })
    expect((await send('GET', '/cups/red')).status).toBe(200)
    expect(await send('GET', '/cups/blue')).toEqual({ status: 418, body: { spilt: 3 } })
    expect((await send('GET', '/emulator/faults')).body.faults).toEqual([{ ...blue, times: 1 }])
    await send('GET', '/cups/blue')
    expect((await send('GET', '/cups/blue')).status).toBe(200)
  })

  it('stay until they are cleared or replaced', async () => {
    await injectFaults({ fault: { kind: 'html' } })
    const html = expect.stringContaining('<html>')
    expect(await send('GET', '/cups/blue')).toEqual({ status: 502, body: html })
    await injectFaults({ fault: { kind: 'html', status: 504 } })
    expect((await send('GET', '/cups/blue')).status).toBe(504)
    expect((await send('DELETE', '/emulator/faults')).status).toBe(204)
    expect((await send('GET', '/cups/blue')).status).toBe(200)
  })

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

  it.each([
    { fault: { kind: 'flood' } },
    { fault: { kind: 'hang', status: 500 } },
    { fault: { kind: 'hang' }, times: 0 },
    { fault: { kind: 'hang' }, target: { saucer: 'blue' } },
  ])('that make no sense are refused: %j', async fault => {
    expect(await injectFaults(fault)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    expect((await send('GET', '/emulator/faults')).body).toEqual({ faults: [] })
  })
})

it('settings can be changed one by one, and take effect at once; unknown ones are refused', async () => {
  const change = (settings: object) => send('PATCH', '/emulator/settings', settings)
  await change({ temperatures: { black: 95 } })
  expect((await change({ sweet: true, clockOffsetSeconds: 3_600 })).body).toEqual({
    sweet: true,
    temperatures: { green: 70, black: 95 },
    clockOffsetSeconds: 3_600,
  })
  const { now, sweet } = (await send('GET', '/cups/blue')).body
  expect(sweet).toBe(true)
  expect(now - Date.now()).toBeGreaterThan(3_590_000)
  expect((await change({ temperatures: { green: null } })).body.temperatures).toEqual({ black: 95 })
  expect((await change({ sour: true })).status).toBe(400)
})

it('a reset undoes everything', async () => {
  await injectFaults({ fault: { kind: 'reset' } })
  await send('PATCH', '/emulator/settings', {
    sweet: true,
    clockOffsetSeconds: 9,
    temperatures: { green: 1 },
  })
  expect((await send('POST', '/emulator/reset')).status).toBe(204)
  expect((await send('GET', '/emulator/faults')).body).toEqual({ faults: [] })
  expect((await send('GET', '/emulator/settings')).body).toEqual({
    sweet: false,
    temperatures: { green: 70 },
    clockOffsetSeconds: 0,
  })
})

it('faults and settings are listed, each with a schema, so that a form can be drawn from the list', async () => {
  const { body } = await send('GET', '/emulator/control')
  await expect(`${JSON.stringify(body, undefined, 2)}\n`).toMatchFileSnapshot('control.txt')
})

it('the health response says what is emulated, and an emulator can add controls of its own', async () => {
  expect((await send('GET', '/emulator/health')).body).toEqual({ status: 'ok', emulates: ['teapot'] })
  expect((await send('GET', '/emulator/tea')).body).toBe('green')
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
