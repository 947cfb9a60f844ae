import { afterAll, expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'

const ids = { AzureAd__TenantId: 't', AzureAd__ClientId: 'c' }
const app = buildApp(readConfig({ ...ids, Logging__LogLevel__Default: 'None' }))
afterAll(() => app.close())

const send = (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) =>
  app.inject({ method, url, headers: { host: 'localhost' }, ...(payload ? { payload } : {}) })

test('The control plane says what is emulated', async () => {
  const health = { status: 'ok', emulates: ['auth-sidecar'] }
  expect((await send('GET', '/emulator/health')).json()).toEqual(health)
})

test('The control plane injects faults into requests for the target path, or into all requests', async () => {
  const fault = { kind: 'html', status: 503 }
  const statusOf = async (path: string) => (await send('GET', path)).statusCode
  await send('PUT', '/emulator/faults', { faults: [{ target: { path: '/Validate' }, fault }] })
  expect([await statusOf('/Validate'), await statusOf('/healthz')]).toEqual([503, 200])
  await send('PUT', '/emulator/faults', { faults: [{ fault }] })
  expect(await statusOf('/healthz')).toBe(503)
  expect((await send('POST', '/emulator/reset')).statusCode).toBe(204)
  expect(await statusOf('/healthz')).toBe(200)
})

test('The control plane lists requests without their credentials', async () => {
  await send('POST', '/emulator/reset')
  await app.inject({ url: '/Validate?x=secret', headers: { authorization: 'Bearer not-to-be-seen' } })
  const { body } = await send('GET', '/emulator/requests')
  expect(JSON.parse(body).requests).toMatchObject([{ method: 'GET', path: '/Validate', status: 401 }])
  expect(body).not.toMatch(/secret|not-to-be-seen/)
})
