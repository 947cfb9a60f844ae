import { afterAll, expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'

const ids = { AzureAd__TenantId: 't', AzureAd__ClientId: 'c' }
const app = buildApp(readConfig({ ...ids, Logging__LogLevel__Default: 'None' }))
afterAll(() => app.close())

const send = (method: 'GET' | 'POST' | 'PUT', url: string, payload: object = {}) =>
  app.inject({ method, url, headers: { host: 'localhost', authorization: 'Bearer not-to-be-seen' }, payload })

test('The control plane injects faults into requests for the target path', async () => {
  const fault = { kind: 'html', status: 503 }
  await send('PUT', '/emulator/faults', { faults: [{ target: { path: '/Validate' }, fault }] })
  const answers = await Promise.all(['/Validate', '/healthz'].map(path => send('GET', path)))
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([503, 200])
})

test('The control plane says what is emulated, and lists requests without their credentials', async () => {
  expect((await send('GET', '/emulator/health')).json()).toEqual({ status: 'ok', emulates: ['auth-sidecar'] })
  await send('POST', '/emulator/reset')
  await send('GET', '/Validate?x=secret')
  const { body } = await send('GET', '/emulator/requests')
  expect(JSON.parse(body).requests).toMatchObject([{ method: 'GET', path: '/Validate', status: 401 }])
  expect(body).not.toMatch(/secret|not-to-be-seen/)
})
