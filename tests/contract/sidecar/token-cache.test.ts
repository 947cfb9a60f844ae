import { describe, expect, test } from 'vitest'
import type { Grant, TokenOutcome } from './replay/entra-behaviour.ts'
import { autonomousPath, beginTrial, claimsOf, grantOf, onBehalfOfPath } from './replay/trial.ts'

describe('Tokens in the cache', () => {
  // biome-ignore format: table
  test.each<[what: string, grant: Omit<Grant, 'kind'>, steps: [afterSeconds: number, legs: string[]][]]>([
    ['are handed out until five minutes before they expire', { expiresInSeconds: 3600 }, [[0, ['T1', 'TR']], [3600 - 300 - 1, []], [2, ['TR']]]],
    ['for the exchange (T1) are used until they expire, even in their last five minutes', { expiresInSeconds: 200 }, [[0, ['T1', 'TR']], [0, ['TR']], [201, ['T1', 'TR']]]],
  ])('%s', async (_what, grant, steps) => {
    const trial = await beginTrial({ outcome: () => grantOf(grant) })
    for (const [afterSeconds, legs] of steps) {
      trial.clock.advanceSeconds(afterSeconds)
      await trial.get(autonomousPath)
      expect(trial.takeLegs()).toEqual(legs)
    }
  })

  test('are renewed in the background once Entra’s refresh_in has passed', async () => {
    const grant = { expiresInSeconds: 7200, refreshInSeconds: 3600 }
    const trial = await beginTrial({ outcome: () => grantOf(grant) })
    const first = claimsOf(await trial.get(autonomousPath))
    trial.clock.advanceSeconds(3601)
    expect(claimsOf(await trial.get(autonomousPath))).toEqual(first)
    await expect.poll(async () => claimsOf(await trial.get(autonomousPath))).not.toEqual(first)
  })

  test('on behalf of a user are kept for each Tc, and only if the granted scopes include the requested scope', async () => {
    const trial = await beginTrial()
    const [one, other] = [trial.signIn(), trial.signIn()]
    for (const headers of [one, one, other, one]) await trial.get(onBehalfOfPath, headers)
    expect(trial.takeLegs()).toEqual(['T1', 'TR', 'TR'])

    const forgetful = await beginTrial({ outcome: () => grantOf({ scope: 'Weather.Read' }) })
    const headers = forgetful.signIn()
    for (const again of [headers, headers]) await forgetful.get(onBehalfOfPath, again)
    expect(forgetful.takeLegs()).toEqual(['T1', 'TR', 'TR'])
  })
})

test('Equal first calls do not share requests: fifty callers make fifty requests of each leg', async () => {
  const gates = { T1: Promise.withResolvers<void>(), TR: Promise.withResolvers<void>() }
  const missing = { T1: 50, TR: 50 }
  // No caller gets its response before all have asked.
  const trial = await beginTrial({
    outcome: form => {
      const leg = form.has('fmi_path') ? 'T1' : 'TR'
      if (--missing[leg] === 0) gates[leg].resolve()
      return grantOf({ after: gates[leg].promise })
    },
  })
  const responses = await Promise.all(Array.from({ length: 50 }, async () => trial.get(autonomousPath)))
  expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200))
  expect(trial.takeLegs()).toHaveLength(100)
})

describe('Retry-After', () => {
  const patient = (retryAfter: string, status = 429): TokenOutcome => ({
    kind: 'response',
    status,
    headers: { 'retry-after': retryAfter },
    body: '{"error":"throttled"}',
  })

  test.each([
    ['in seconds', '30', 31],
    ['as a date, but never for more than an hour', new Date('2100-01-01').toUTCString(), 3601],
  ])(
    '%s is respected for every agent of the blueprint, until it has passed',
    async (_what, value, seconds) => {
      const trial = await beginTrial({
        outcome: (_form, number) => (number === 1 ? patient(value) : grantOf()),
      })
      const ask = async (path = autonomousPath) => (await trial.get(path)).status
      expect([await ask(), await ask(), await ask(autonomousPath.replace('bbbbbbbb', 'ffffffff'))]).toEqual([
        401, 401, 401,
      ])
      expect(trial.takeLegs()).toEqual(['T1'])
      trial.clock.advanceSeconds(seconds - 2)
      expect(await ask()).toBe(401)
      trial.clock.advanceSeconds(2)
      expect(await ask()).toBe(200)
    },
  )

  test('on a 5xx prevents the second attempt', async () => {
    const trial = await beginTrial({ outcome: () => patient('5', 503) })
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
