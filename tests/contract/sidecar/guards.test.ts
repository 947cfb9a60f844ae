import { describe, expect, test } from 'vitest'
import { readConfig } from '../../../emulators/auth-sidecar/src/config.ts'
import { exchange, exchangeFromElsewhere } from './replay/exchange.ts'
import { asAgent, autonomousPath, granted, ids, onBehalfOfPath, Trial, tokenOf } from './replay/trial.ts'

async function callFromElsewhere(trial: Trial, path: string, headers: Record<string, string> = {}) {
  const call = { method: 'GET', path, headers }
  const { status, body } = await exchangeFromElsewhere(trial.stage.app, trial.stage.port, call)
  return { status, body }
}

describe('Callers that are not on this machine', () => {
  test('get an empty 403, save for the health probe', async () => {
    const trial = await Trial.begin()
    expect(await callFromElsewhere(trial, autonomousPath)).toEqual({ status: 403, body: '' })
    expect(await callFromElsewhere(trial, '/nope')).toEqual({ status: 403, body: '' })
    expect(await callFromElsewhere(trial, '/healthz')).toEqual({ status: 200, body: 'Healthy' })
    expect(trial.takeTokenRequests()).toEqual([])
  })

  test('are let in by 1.0.0 and in Development', async () => {
    for (const environment of [{ SIDECAR_VERSION: '1.0.0' }, { ASPNETCORE_ENVIRONMENT: 'Development' }]) {
      const trial = await Trial.begin({ environment })
      expect((await callFromElsewhere(trial, autonomousPath, { host: 'localhost' })).status).toBe(200)
    }
  })

  test('can pretend to be local where forwarded headers are believed, which 1.1.2 refuses to do', async () => {
    const environment = { ASPNETCORE_FORWARDEDHEADERS_ENABLED: 'true' }
    const trial = await Trial.begin({ environment })
    const spoofed = await callFromElsewhere(trial, autonomousPath, { 'x-forwarded-for': '127.0.0.1' })
    expect(spoofed.status).toBe(200)
    expect(() => readConfig({ ...environment, SIDECAR_VERSION: '1.1.2' })).toThrow('must not be true')
  })
})

describe('The Host header', () => {
  test('does not matter to 1.1.1, unless AllowedHosts says so; then it matters to the health probe too', async () => {
    const open = await Trial.begin()
    expect((await open.get(autonomousPath, { host: 'sidecar:5000' })).status).toBe(200)
    const filtered = await Trial.begin({ environment: { AllowedHosts: 'localhost' } })
    for (const path of [autonomousPath, '/healthz']) {
      expect((await filtered.get(path, { host: 'localhost:5000' })).status).toBe(200)
      const { status, headers, body } = await filtered.get(path, { host: '127.0.0.1:5000' })
      expect(status).toBe(400)
      expect(headers['content-type']).toBe('text/html')
      expect(body).toContain('Bad Request - Invalid Hostname')
    }
  })

  test('must be localhost for 1.0.0, whatever AllowedHosts says', async () => {
    const trial = await Trial.begin({ environment: { SIDECAR_VERSION: '1.0.0', AllowedHosts: '*' } })
    expect((await trial.get('/healthz', { host: '127.0.0.1' })).status).toBe(400)
    expect((await trial.get('/healthz')).status).toBe(200)
  })

  test('must be a local name for 1.1.2, save for the health probe', async () => {
    const trial = await Trial.begin({ environment: { SIDECAR_VERSION: '1.1.2' } })
    expect(await trial.get(autonomousPath, { host: 'sidecar:5000' })).toMatchObject({ status: 400, body: '' })
    expect((await trial.get('/healthz', { host: '10.0.0.7:5000' })).status).toBe(200)
    for (const host of ['localhost', '127.0.0.1:5000', '[::1]:5000']) {
      expect((await trial.get(autonomousPath, { host })).status).toBe(200)
    }
  })
})

test('Headers up to 32 KiB pass; beyond that 431 without a body', async () => {
  const trial = await Trial.begin()
  expect((await trial.get('/healthz', { 'x-large': 'a'.repeat(32_000) })).status).toBe(200)
  for (const length of [33_000, 100_000]) {
    expect(await trial.get('/healthz', { 'x-large': 'a'.repeat(length) })).toMatchObject({
      status: 431,
      body: '',
    })
  }
})

test.each(['AzureAd__TenantId', 'AzureAd__ClientId'])(
  'Without %s every address answers an empty 500',
  async name => {
    const trial = await Trial.begin({ environment: { [name]: null } })
    for (const path of ['/healthz', '/nope', autonomousPath]) {
      expect(await trial.get(path)).toMatchObject({
        status: 500,
        body: '',
        headers: { 'content-length': '0' },
      })
    }
  },
)

describe('Release 1.0.0', () => {
  test('knows no gate, and lets an agent stick to an API until another one is named', async () => {
    const environment = {
      SIDECAR_VERSION: '1.0.0',
      Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated: null,
    }
    const trial = await Trial.begin({ environment })
    const bare = '/AuthorizationHeaderUnauthenticated/weatherApp'
    expect(tokenOf(await trial.get(bare))['azp']).toBe(ids.blueprint)
    expect(tokenOf(await trial.get(autonomousPath))['azp']).toBe(ids.agent)
    expect(tokenOf(await trial.get(bare))['azp']).toBe(ids.agent)
  })

  test('ignores optionsOverride.RequestAppToken', async () => {
    const trial = await Trial.begin({ environment: { SIDECAR_VERSION: '1.0.0' } })
    const path = `/AuthorizationHeaderUnauthenticated/weather?${asAgent}&optionsOverride.RequestAppToken=true`
    expect((await trial.get(path)).status).toBe(401)
  })
})

describe('Release 1.1.2', () => {
  test('minds an agent user id that is no GUID', async () => {
    const trial = await Trial.begin({ environment: { SIDECAR_VERSION: '1.1.2' } })
    for (const id of ['not-a-guid', '', '00000000-0000-0000-0000-000000000000']) {
      expect((await trial.get(`${autonomousPath}&AgentUserId=${id}`)).status).toBe(400)
    }
  })

  test('takes a token that grants nothing at all', async () => {
    for (const [version, status] of [
      ['1.1.1', 401],
      ['1.1.2', 200],
    ] as const) {
      const trial = await Trial.begin({ environment: { SIDECAR_VERSION: version } })
      expect((await trial.get(onBehalfOfPath, trial.signIn({ scp: undefined }))).status).toBe(status)
    }
  })
})

test('A request that runs when the sidecar is told to stop is still answered', async () => {
  const asked = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const trial = await Trial.begin({
    outcome: () => {
      asked.resolve()
      return granted({ after: goOn.promise })
    },
  })
  const answer = exchange(trial.stage.origin, { method: 'GET', path: autonomousPath, headers: {} })
  await asked.promise
  const stopped = trial.stage.app.close()
  goOn.resolve()
  expect((await answer).status).toBe(200)
  await stopped
})
