import { expect, test } from 'vitest'
import { exchangeFromElsewhere } from './replay/exchange.ts'
import { autonomousPath, beginTrial, grantOf } from './replay/trial.ts'

test('Callers that are not on this machine get an empty 403 on every path but that of the health check', async () => {
  const trial = await beginTrial()
  const { app, port } = trial.stage
  const callFromElsewhere = async (path: string) => {
    const { status, body } = await exchangeFromElsewhere(app, port, { method: 'GET', path, headers: {} })
    return { status, body }
  }
  expect(await callFromElsewhere(autonomousPath)).toEqual({ status: 403, body: '' })
  expect(await callFromElsewhere('/nope')).toEqual({ status: 403, body: '' })
  expect(await callFromElsewhere('/healthz')).toEqual({ status: 200, body: 'Healthy' })
  expect(trial.takeTokenRequests()).toEqual([])
})

test('The Host header is checked only if AllowedHosts is set, but then also for the health probe', async () => {
  const open = await beginTrial()
  expect((await open.get(autonomousPath, { host: 'sidecar:5000' })).status).toBe(200)
  const filtered = await beginTrial({ environment: { AllowedHosts: 'localhost' } })
  for (const path of [autonomousPath, '/healthz']) {
    expect((await filtered.get(path, { host: 'localhost:5000' })).status).toBe(200)
    const { status, headers, body } = await filtered.get(path, { host: '127.0.0.1:5000' })
    expect([status, headers['content-type']]).toEqual([400, 'text/html'])
    expect(body).toContain('Bad Request - Invalid Hostname')
  }
})

test('Headers up to 32 KiB pass; larger ones get an empty 431', async () => {
  const trial = await beginTrial()
  const sendHeader = async (length: number) => {
    const { status, body } = await trial.get('/healthz', { 'x-large': 'a'.repeat(length) })
    return [status, body]
  }
  expect(await sendHeader(32_000)).toEqual([200, 'Healthy'])
  expect(await sendHeader(33_000)).toEqual([431, ''])
  expect(await sendHeader(100_000)).toEqual([431, ''])
})

test('Without a client id every path responds with an empty 500, as the recordings show it without a tenant', async () => {
  const trial = await beginTrial({ environment: { AzureAd__ClientId: null } })
  const empty = { status: 500, body: '', headers: { 'content-length': '0' } }
  for (const path of ['/healthz', '/nope', autonomousPath]) expect(await trial.get(path)).toMatchObject(empty)
})

test('A request still gets its response if the sidecar begins to stop meanwhile', async () => {
  const [asked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const trial = await beginTrial({
    outcome: () => {
      asked.resolve()
      return grantOf({ after: goOn.promise })
    },
  })
  const response = trial.get(autonomousPath)
  await asked.promise
  const stopped = trial.stage.app.close()
  goOn.resolve()
  expect((await response).status).toBe(200)
  await stopped
})
