import { describe, expect, test } from 'vitest'
import type { TokenOutcome } from './replay/entra-behaviour.ts'
import { autonomousPath, beginTrial, claimsOf, grantOf, onBehalfOfPath } from './replay/trial.ts'

describe('Tokens in the cache', () => {
  test('are handed out until five minutes before they expire', async () => {
    const trial = await beginTrial({ outcome: () => grantOf({ expiresInSeconds: 3600 }) })
    await trial.get(autonomousPath)
    expect(trial.takeLegs()).toEqual(['T1', 'TR'])
    trial.clock.advanceSeconds(3600 - 300 - 1)
    await trial.get(autonomousPath)
    expect(trial.takeLegs()).toEqual([])
    trial.clock.advanceSeconds(2)
    await trial.get(autonomousPath)
    expect(trial.takeLegs()).toEqual(['TR'])
  })

  test('are renewed in the background once Entra’s refresh_in has passed', async () => {
    const trial = await beginTrial({
      outcome: () => grantOf({ expiresInSeconds: 7200, refreshInSeconds: 3600 }),
    })
    const first = claimsOf(await trial.get(autonomousPath))
    trial.takeLegs()
    trial.clock.advanceSeconds(3601)
    expect(claimsOf(await trial.get(autonomousPath))).toEqual(first)
    await expect.poll(async () => claimsOf(await trial.get(autonomousPath))).not.toEqual(first)
  })

  test('for the exchange (T1) are used until they expire, even in their last five minutes', async () => {
    const trial = await beginTrial({ outcome: () => grantOf({ expiresInSeconds: 200 }) })
    await trial.get(autonomousPath)
    trial.takeLegs()
    await trial.get(autonomousPath)
    expect(trial.takeLegs()).toEqual(['TR'])
    trial.clock.advanceSeconds(201)
    await trial.get(autonomousPath)
    expect(trial.takeLegs()).toEqual(['T1', 'TR'])
  })

  test('on behalf of a user are kept for each Tc, and only if the granted scopes include the requested scope', async () => {
    const trial = await beginTrial()
    const [one, other] = [trial.signIn(), trial.signIn()]
    for (const headers of [one, one, other, one]) await trial.get(onBehalfOfPath, headers)
    expect(trial.takeLegs()).toEqual(['T1', 'TR', 'TR'])

    const forgetful = await beginTrial({ outcome: () => grantOf({ scope: 'Weather.Read' }) })
    const headers = forgetful.signIn()
    for (let time = 1; time <= 2; time++) await forgetful.get(onBehalfOfPath, headers)
    expect(forgetful.takeLegs()).toEqual(['T1', 'TR', 'TR'])
  })
})

test('Equal first calls do not share requests: fifty callers make fifty requests of each leg', async () => {
  const [t1, tr] = [new Turnstile(50), new Turnstile(50)]
  const trial = await beginTrial({
    outcome: form => grantOf({ after: (form.has('fmi_path') ? t1 : tr).enter() }),
  })
  const responses = await Promise.all(Array.from({ length: 50 }, async () => trial.get(autonomousPath)))
  expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200))
  expect(trial.takeLegs()).toHaveLength(100)
})

/** Lets callers wait until all have arrived. */
class Turnstile {
  readonly #open = Promise.withResolvers<void>()
  #missing: number

  constructor(expected: number) {
    this.#missing = expected
  }

  async enter(): Promise<void> {
    this.#missing -= 1
    if (this.#missing === 0) this.#open.resolve()
    await this.#open.promise
  }
}

describe('Retry-After', () => {
  const patient = (header: string): TokenOutcome => ({
    kind: 'response',
    status: 429,
    headers: { 'retry-after': header },
    body: '{"error":"throttled"}',
  })

  test('is respected for every agent of the blueprint, and Entra is asked again when it has passed', async () => {
    const trial = await beginTrial({
      outcome: (_form, number) => (number === 1 ? patient('30') : grantOf()),
    })
    const other = autonomousPath.replace('bbbbbbbb', 'ffffffff')
    for (const path of [autonomousPath, autonomousPath, other])
      expect((await trial.get(path)).status).toBe(401)
    expect(trial.takeLegs()).toEqual(['T1'])
    trial.clock.advanceSeconds(31)
    expect((await trial.get(autonomousPath)).status).toBe(200)
  })

  test('may be a date, and is never respected for more than an hour', async () => {
    const year2100 = new Date('2100-01-01').toUTCString()
    const trial = await beginTrial({
      outcome: (_form, number) => (number === 1 ? patient(year2100) : grantOf()),
    })
    await trial.get(autonomousPath)
    trial.clock.advanceSeconds(3599)
    expect((await trial.get(autonomousPath)).status).toBe(401)
    trial.clock.advanceSeconds(2)
    expect((await trial.get(autonomousPath)).status).toBe(200)
  })

  test('on a 5xx prevents the second attempt', async () => {
    const trial = await beginTrial({ outcome: () => ({ ...patient('5'), status: 503 }) as TokenOutcome })
    const { status, body } = await trial.get(autonomousPath)
    expect(status).toBe(401)
    expect(body).toContain('Service is unavailable to process the request.')
    expect(trial.takeLegs()).toEqual(['T1'])
  })
})

test('A caller that hangs up aborts the request to Entra', async () => {
  const caller = new AbortController()
  const hangUpOnceAsked = (): TokenOutcome => {
    setImmediate(() => caller.abort())
    return { kind: 'hang' }
  }
  const trial = await beginTrial({ outcome: hangUpOnceAsked })
  const { error } = await trial.call({ path: autonomousPath, hangUp: caller.signal })
  expect(error).toBe('timeout')
  await expect.poll(() => trial.stage.entra.abandoned).toBe(1)
})

test.each([
  [429, 'Your app has been throttled by AAD due to too many requests.'],
  [400, 'An error response was returned by the OAuth2 server, but it could not be parsed.'],
])(
  'A refusal with the status %i and without JSON is reported in the words of MSAL',
  async (status, words) => {
    const page: TokenOutcome = { kind: 'response', status, headers: {}, body: '<html>' }
    const trial = await beginTrial({ outcome: () => page })
    expect((await trial.get(autonomousPath)).body).toContain(words)
  },
)
