import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'

let app: FastifyInstance
beforeEach(() => {
  app = buildApp(
    readConfig({ AzureAd__TenantId: 't', AzureAd__ClientId: 'c', Logging__LogLevel__Default: 'None' }),
  )
})
afterEach(() => app.close())

const send = (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) =>
  app.inject({ method, url, headers: { host: 'localhost' }, ...(payload ? { payload } : {}) })

describe('The controls of the sidecar’s emulator', () => {
  test('say what is emulated', async () => {
    expect((await send('GET', '/emulator/health')).json()).toEqual({
      status: 'ok',
      emulates: ['auth-sidecar'],
    })
  })

  test('inject faults into requests for the target path, or into all requests', async () => {
    const fault = { kind: 'html', status: 503 }
    await send('PUT', '/emulator/faults', { faults: [{ target: { path: '/Validate' }, fault }] })
    expect((await send('GET', '/Validate')).statusCode).toBe(503)
    expect((await send('GET', '/healthz')).statusCode).toBe(200)
    await send('PUT', '/emulator/faults', { faults: [{ fault }] })
    expect((await send('GET', '/healthz')).statusCode).toBe(503)
    expect((await send('POST', '/emulator/reset')).statusCode).toBe(204)
    expect((await send('GET', '/healthz')).statusCode).toBe(200)
  })

  test('list requests without their credentials', async () => {
    await app.inject({ url: '/Validate?x=secret', headers: { authorization: 'Bearer not-to-be-seen' } })
    const { body } = await send('GET', '/emulator/requests')
    expect(JSON.parse(body).requests).toMatchObject([{ method: 'GET', path: '/Validate', status: 401 }])
    expect(body).not.toMatch(/secret|not-to-be-seen/)
  })
})
