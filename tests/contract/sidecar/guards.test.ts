import { describe, expect, test } from 'vitest'
import { exchange, exchangeFromElsewhere } from './replay/exchange.ts'
import { autonomousPath, beginTrial, grantOf, type Trial } from './replay/trial.ts'

async function callFromElsewhere(trial: Trial, path: string, headers: Record<string, string> = {}) {
  const call = { method: 'GET', path, headers }
  const { status, body } = await exchangeFromElsewhere(trial.stage.app, trial.stage.port, call)
  return { status, body }
}

describe('Callers that are not on this machine', () => {
  test('get an empty 403 on every path but that of the health check', async () => {
    const trial = await beginTrial()
    expect(await callFromElsewhere(trial, autonomousPath)).toEqual({ status: 403, body: '' })
    expect(await callFromElsewhere(trial, '/nope')).toEqual({ status: 403, body: '' })
    expect(await callFromElsewhere(trial, '/healthz')).toEqual({ status: 200, body: 'Healthy' })
    expect(trial.takeTokenRequests()).toEqual([])
  })
})

describe('The Host header', () => {
  test('is checked only if AllowedHosts is set, but then also for the health probe', async () => {
    const open = await beginTrial()
    expect((await open.get(autonomousPath, { host: 'sidecar:5000' })).status).toBe(200)
    const filtered = await beginTrial({ environment: { AllowedHosts: 'localhost' } })
    for (const path of [autonomousPath, '/healthz']) {
      expect((await filtered.get(path, { host: 'localhost:5000' })).status).toBe(200)
      const { status, headers, body } = await filtered.get(path, { host: '127.0.0.1:5000' })
      expect(status).toBe(400)
      expect(headers['content-type']).toBe('text/html')
      expect(body).toContain('Bad Request - Invalid Hostname')
    }
  })
})

test('Headers up to 32 KiB pass; larger ones get an empty 431', async () => {
  const trial = await beginTrial()
  expect((await trial.get('/healthz', { 'x-large': 'a'.repeat(32_000) })).status).toBe(200)
  for (const length of [33_000, 100_000]) {
    expect(await trial.get('/healthz', { 'x-large': 'a'.repeat(length) })).toMatchObject({
      status: 431,
      body: '',
    })
  }
})

test('Without a client id every path responds with an empty 500, as the recordings show it without a tenant', async () => {
  const trial = await beginTrial({ environment: { AzureAd__ClientId: null } })
  const empty = { status: 500, body: '', headers: { 'content-length': '0' } }
  for (const path of ['/healthz', '/nope', autonomousPath]) expect(await trial.get(path)).toMatchObject(empty)
})

test('A request still gets its response if the sidecar begins to stop meanwhile', async () => {
  const asked = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const trial = await beginTrial({
    outcome: () => {
      asked.resolve()
      return grantOf({ after: goOn.promise })
    },
  })
  const response = exchange(trial.stage.origin, { method: 'GET', path: autonomousPath, headers: {} })
  await asked.promise
  const stopped = trial.stage.app.close()
  goOn.resolve()
  expect((await response).status).toBe(200)
  await stopped
})
