import { generateKeyPairSync } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SigningKeys, type SigningKeysOptions } from './signing-keys.ts'
import { autonomousClaims } from './testing/agent-claims.ts'
import { oddKeyTokens } from './testing/odd-key-ids.ts'
import {
  createIssuer,
  createSigningKey,
  jwkOf,
  type SigningKey,
  signRs256,
  type TestIssuer,
} from './testing/token-issuer.ts'
import { createWeatherApi } from './testing/weather-api.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** How long a key set without the wanted key is cached. */
const keySetLifetimeMs = 10_000
const retryAfterMs = 2_000

const realTimeout = AbortSignal.timeout

/** Sends a response byte by byte and never ends it. */
const dripEndlessly: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => response.write(' '), 5)
  response.on('close', () => clearInterval(timer))
}

const responseOf =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(status, headers).end(body)
const keySetOf = (keys: readonly unknown[], more: object = {}) => JSON.stringify({ keys, ...more })

describe('the issuer’s signing keys', () => {
  const stranger = createSigningKey()
  let issuer: TestIssuer
  let statusOf: (token: string) => Promise<number>
  let api: Awaited<ReturnType<typeof createWeatherApi>>

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    api = await createWeatherApi()
    issuer = api.issuer
    statusOf = api.statusOf
  })
  afterEach(async () => {
    await api.close()
    vi.useRealTimers()
  })

  /** Moves the service's clock. */
  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)
  const claims = () => autonomousClaims({ authority: issuer.url })
  const goodToken = () => issuer.sign(claims())
  const tokenBy = (key: SigningKey, kid = key.kid) =>
    signRs256({ alg: 'RS256', typ: 'JWT', kid }, claims(), key)
  const strangeToken = (kid: string) => tokenBy(stranger, kid)
  const goodStatus = () => statusOf(goodToken())
  /** The different statuses of the responses to many requests at the same time. */
  const statusesOf = async (count: number, tokenAt: (index: number) => string) =>
    new Set(await Promise.all(Array.from({ length: count }, (_, index) => statusOf(tokenAt(index)))))
  /** Replaces the keys that the issuer publishes. */
  const publish = (keys: readonly unknown[], caching = 'no-cache') =>
    issuer.answerKeysWith(responseOf(200, keySetOf(keys), { 'cache-control': caching }))
  const keysWith = (createVerifier: SigningKeysOptions['createVerifier']) => {
    const warn = vi.fn()
    const keys = new SigningKeys({
      issuer: `${issuer.url}/${issuer.tenantId}`,
      log: { warn },
      createVerifier,
    })
    return { keys, warn }
  }
  const verify = () => ({ header: {}, claims: {} })

  it('are fetched once, and turned into verifiers once, for many requests at the same time', async () => {
    expect(await statusesOf(50, goodToken)).toEqual(new Set([200]))
    expect(issuer.keyRequests).toBe(1)
    const createVerifier = vi.fn(() => verify)
    const { keys } = keysWith(createVerifier)
    await Promise.all(Array.from({ length: 50 }, () => keys.find(issuer.key.kid)))
    expect(createVerifier).toHaveBeenCalledTimes(1)
    await keys.close()
  })

  it('are not fetched again and again because of invented key ids', async () => {
    expect(await goodStatus()).toBe(200)
    for (const storm of ['first', 'second']) {
      const before = issuer.keyRequests
      expect(await statusesOf(20, index => strangeToken(`${storm}-${index}`))).toEqual(new Set([401]))
      expect(await statusOf(strangeToken(`${storm}-later`))).toBe(401)
      expect(issuer.keyRequests).toBe(before + 1)
      expect(await goodStatus()).toBe(200)
      pass(minuteMs)
    }
  })

  it('are not fetched for a token with a key id that no issuer can publish, and found for all others at the same time', async () => {
    const odd = Object.values(oddKeyTokens)
    expect(await statusesOf(odd.length, index => odd[index] ?? '')).toEqual(new Set([401]))
    expect(issuer.keyRequests).toBe(0)
    const statuses = await Promise.all(odd.flatMap(token => [token, goodToken()]).map(statusOf))
    expect(statuses).toEqual(odd.flatMap(() => [401, 200]))
    expect(issuer.keyRequests).toBe(1)
  })

  it('are fetched at once after a look-up that failed before sending a request', async () => {
    const { keys, warn } = keysWith(() => verify)
    await expect(keys.find('\ud800')).rejects.toThrow('URI malformed')
    expect(await keys.find(issuer.key.kid)).toBe(verify)
    expect(warn).not.toHaveBeenCalled()
    await keys.close()
  })

  it('are fetched again as soon as a token has a new key, even after rotations in a row, and withdrawn ones are forgotten', async () => {
    expect(await goodStatus()).toBe(200)
    const old = goodToken()
    for (const fetches of [2, 3]) {
      issuer.rotate()
      expect(await statusesOf(20, goodToken)).toEqual(new Set([200]))
      expect(issuer.keyRequests).toBe(fetches)
    }
    expect([await statusOf(old), await goodStatus()]).toEqual([200, 200])
    expect(issuer.keyRequests).toBe(3)
    issuer.rotate({ keepOld: false })
    expect([await goodStatus(), await statusOf(old)]).toEqual([200, 401])
  })

  it.each(['private, max-age=86400', 'no-store'])(
    'include a new key after ten seconds, even if callers invent key ids, and the issuer says %s',
    async caching => {
      publish([jwkOf(issuer.key)], caching)
      expect(await statusOf(strangeToken('before'))).toBe(401)
      issuer.rotate()
      publish([jwkOf(issuer.key)], caching)
      expect(await goodStatus()).toBe(401)
      pass(keySetLifetimeMs - 1_000)
      expect(await goodStatus()).toBe(401)
      pass(1_001)
      expect(await statusOf(strangeToken('after'))).toBe(401)
      expect(await goodStatus()).toBe(200)
    },
  )

  it('that the issuer has withdrawn are not used for more than an hour, even if no token has a new key', async () => {
    expect(await goodStatus()).toBe(200)
    const old = goodToken()
    publish([jwkOf(createSigningKey())])
    pass(hourMs - 1)
    expect(await statusOf(old)).toBe(200)
    expect(issuer.keyRequests).toBe(1)
    pass(1)
    expect(await statusOf(old)).toBe(200)
    await expect.poll(() => statusOf(old)).toBe(401)
    expect(issuer.keyRequests).toBe(2)
  })

  it('keep working for a limited time while the issuer is down', async () => {
    expect(await goodStatus()).toBe(200)
    await issuer.stop()
    pass(23 * hourMs)
    expect(await goodStatus()).toBe(200)
    expect(await statusOf(strangeToken('perhaps-new'))).toBe(503)
    pass(hourMs)
    expect(await goodStatus()).toBe(503)
    await issuer.start()
    pass(retryAfterMs)
    expect(await goodStatus()).toBe(200)
  })

  it('are renewed in the background without anybody waiting', async () => {
    expect(await goodStatus()).toBe(200)
    issuer.answerKeysWith(() => undefined)
    pass(hourMs)
    expect(await goodStatus()).toBe(200)
    await expect.poll(() => issuer.keyRequests).toBe(2)
    expect(await goodStatus()).toBe(200)
    expect(issuer.keyRequests).toBe(2)
  })

  it('that cannot be fetched at first give 503, and work later without a restart', async () => {
    await issuer.stop()
    expect(await api.refusalOf(`Bearer ${goodToken()}`)).toMatchObject({
      headers: { 'retry-after': '5' },
      problem: { status: 503, code: 'SIGNING_KEYS_UNAVAILABLE', upstream: { service: 'entra' } },
    })
    expect(await statusOf(strangeToken('any'))).toBe(503)
    await issuer.start()
    pass(retryAfterMs - 1)
    expect(await goodStatus()).toBe(503)
    pass(1)
    expect(await goodStatus()).toBe(200)
  })

  const bomb = gzipSync(keySetOf([], { padding: 'x'.repeat(1_000_000) }))
  // biome-ignore format: table
  it.each<[string, RequestListener, forMs: number]>([
    ['an error, whatever caching it allows', responseOf(500, 'broken', { 'cache-control': 'max-age=60' }), retryAfterMs],
    ['keys but status 500', responseOf(500, '{"keys":[{"kid":"a"}]}'), retryAfterMs],
    ['too much', responseOf(200, keySetOf([], { padding: 'x'.repeat(512 * 1024) })), retryAfterMs],
    ['too much after decompression', responseOf(200, bomb, { 'content-encoding': 'gzip' }), retryAfterMs],
    ['no JSON', responseOf(200, '<html>'), keySetLifetimeMs + 1],
    ['no keys', responseOf(200, '{"keys":[]}'), keySetLifetimeMs + 1],
    ['a list', responseOf(200, '[1,2]'), keySetLifetimeMs + 1],
  ])('are unavailable (503) for some seconds if the issuer responds with %s', async (_what, answer, forMs) => {
    issuer.answerKeysWith(answer)
    expect([await goodStatus(), await goodStatus()]).toEqual([503, 503])
    expect(issuer.keyRequests).toBe(1)
    issuer.answerKeysWith(undefined)
    pass(forMs)
    expect(await goodStatus()).toBe(200)
  })

  it.each<[string, RequestListener]>([
    ['never', () => undefined],
    ['too slowly', dripEndlessly],
  ])('are unavailable (503) only as long as the issuer responds %s', async (_how, listener) => {
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(ms => realTimeout(ms / 100))
    issuer.answerKeysWith(listener)
    expect(await goodStatus()).toBe(503)
    timeout.mockRestore()
    issuer.answerKeysWith(undefined)
    // At first the next fetch may still join the one that was given up.
    const later = () => {
      pass(retryAfterMs)
      return goodStatus()
    }
    await expect.poll(later).toBe(200)
  })

  it('are not fetched through a redirect', async () => {
    const elsewhere = await createIssuer()
    elsewhere.answerKeysWith(responseOf(200, keySetOf([jwkOf(issuer.key)])))
    const location = `${elsewhere.url}/${issuer.tenantId}/discovery/v2.0/keys`
    issuer.answerKeysWith(responseOf(302, '', { location }))
    expect(await goodStatus()).toBe(503)
    expect(elsewhere.keyRequests).toBe(0)
    await elsewhere.close()
  })

  it('are read from a compressed response, and from one of 500 KiB', async () => {
    const unseen = createSigningKey()
    const keys = keySetOf([jwkOf(issuer.key), { ...jwkOf(unseen), alg: 'RS256' }])
    issuer.answerKeysWith(responseOf(200, gzipSync(keys), { 'content-encoding': 'gzip' }))
    expect(await statusOf(strangeToken('invented'))).toBe(401)
    expect(await statusOf(tokenBy(unseen))).toBe(200)
    issuer.rotate()
    issuer.answerKeysWith(responseOf(200, keySetOf([jwkOf(issuer.key)], { padding: 'x'.repeat(500 * 1024) })))
    expect(await goodStatus()).toBe(200)
  })

  it('that cannot be fetched lead to one line in the log for each attempt, with the reason', async () => {
    const { keys, warn } = keysWith(() => verify)
    const seek = () => Promise.allSettled(['one', 'two', 'three'].map(kid => keys.find(kid)))
    await issuer.stop()
    const url = `${issuer.url}/${issuer.tenantId}/discovery/v2.0/keys`
    const reason = expect.objectContaining({ name: 'SigningKeysUnavailable', url })
    expect([...(await seek()), ...(await seek())]).toEqual(Array(6).fill({ status: 'rejected', reason }))
    await issuer.start()
    issuer.answerKeysWith(responseOf(500, gzipSync('{}'), { 'content-encoding': 'gzip' }))
    pass(retryAfterMs)
    await seek()
    expect(warn.mock.calls).toEqual([
      [{ reason: expect.stringContaining('ECONNREFUSED') }, 'Signing keys could not be fetched.'],
      [{ reason: 'JWKS request failed' }, 'Signing keys could not be fetched.'],
    ])
    await keys.close()
  })

  const rsa = (publicExponent: number, modulusLength = 2048) => ({
    kid: 'key',
    ...generateKeyPairSync('rsa', { modulusLength, publicExponent }),
  })
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  // biome-ignore format: table
  it.each<[string, members: object | number, status: number, key?: SigningKey]>([
    ['without a use', {}, 200],
    ['for signatures', { use: 'sig' }, 200],
    ['for verifying', { key_ops: ['verify'] }, 200],
    ['for verifying and more', { use: 'sig', key_ops: ['wrapKey', 'verify'] }, 200],
    ['for encryption', { use: 'enc' }, 401],
    ['with null as use', { use: null }, 401],
    ['with an empty use', { use: '' }, 401],
    ['with a list of uses', { use: ['sig'] }, 401],
    ['for encrypting', { key_ops: ['encrypt'] }, 401],
    ['for signing only', { use: 'sig', key_ops: ['sign'] }, 401],
    ['for nothing', { key_ops: [] }, 401],
    ['with null as operations', { key_ops: null }, 401],
    ['with operations in a text', { key_ops: 'verify' }, 401],
    ['for another algorithm', { alg: 'RS512' }, 401],
    ['with a damaged exponent', { e: '!' }, 401],
    ['without modulus and exponent', { n: undefined, e: undefined }, 401],
    ['as a curve', { n: undefined, e: undefined, ...elliptic }, 401],
    ['as a number', 7, 401],
    ['with 1024 bits', {}, 401, rsa(65_537, 1024)],
    ['with the exponent 65537', {}, 200, rsa(65_537)],
    ['with the exponent 3', {}, 401, rsa(3)],
    ['with the exponent 17', {}, 401, rsa(17)],
  ])('that are published %s (with %j) make the API respond %i, and do no harm to others', async (_how, members, status, key = stranger) => {
    publish([typeof members === 'number' ? members : { ...jwkOf(key), ...members }, jwkOf(issuer.key)])
    expect(await statusOf(tokenBy(key))).toBe(status)
    expect(await goodStatus()).toBe(200)
  })
})
