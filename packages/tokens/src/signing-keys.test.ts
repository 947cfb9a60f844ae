import { createHash, generateKeyPairSync } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SigningKeys } from './signing-keys.ts'
import { autonomousClaims } from './testing/agent-claims.ts'
import { oddKeyTokens } from './testing/odd-key-ids.ts'
import { type ProtectedApi, startProtectedApi } from './testing/protected-api.ts'
import { createIssuer, createSigningKey, type SigningKey, signRs256 } from './testing/token-issuer.ts'

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

describe('the issuer’s signing keys', () => {
  let api: ProtectedApi
  const stranger = createSigningKey()

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    api = await startProtectedApi()
  })
  afterEach(async () => {
    await api.close()
    vi.useRealTimers()
  })

  /** Moves the service's clock. */
  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)
  const goodToken = () => api.issuer.sign(autonomousClaims({ authority: api.issuer.url }))
  const strangeToken = (kid: string) =>
    signRs256({ alg: 'RS256', typ: 'JWT', kid }, autonomousClaims({ authority: api.issuer.url }), stranger)
  const jwk = (key: SigningKey) => ({ ...key.publicKey.export({ format: 'jwk' }), kid: key.kid })
  /** Replaces the keys that the issuer publishes. */
  const publish = (keys: readonly unknown[], caching = 'no-cache') =>
    api.issuer.answerKeysWith((_request, response) => {
      const headers = { 'content-type': 'application/json', 'cache-control': caching }
      response.writeHead(200, headers).end(JSON.stringify({ keys }))
    })
  const statusOf = async (token: string) => (await api.ask(token)).status

  it('are fetched once for many requests at the same time', async () => {
    const statuses = await Promise.all(Array.from({ length: 50 }, () => statusOf(goodToken())))
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(api.issuer.keyRequests).toBe(1)
  })

  it('are turned into verifiers once for many concurrent requests', async () => {
    const createVerifier = vi.fn(() => () => ({ header: {}, claims: {} }))
    const issuer = `${api.issuer.url}/${api.issuer.tenantId}`
    const keys = new SigningKeys({ issuer, log: { warn: () => undefined }, createVerifier })
    await Promise.all(Array.from({ length: 50 }, () => keys.find(api.issuer.key.kid)))
    expect(createVerifier).toHaveBeenCalledTimes(1)
    await keys.close()
  })

  it('are not fetched again and again because of invented key ids', async () => {
    expect(await statusOf(goodToken())).toBe(200)
    for (let storm = 0; storm < 3; storm += 1) {
      const before = api.issuer.keyRequests
      const statuses = await Promise.all(
        Array.from({ length: 100 }, (_, index) => statusOf(strangeToken(`invented-${storm}-${index}`))),
      )
      expect(new Set(statuses)).toEqual(new Set([401]))
      for (let index = 0; index < 20; index += 1) await statusOf(strangeToken(`later-${storm}-${index}`))
      expect(api.issuer.keyRequests).toBe(before + 1)
      expect(await statusOf(goodToken())).toBe(200)
      pass(minuteMs)
    }
  })

  it('are not fetched for a token with a key id that no issuer can publish: the token is refused', async () => {
    const tokens = Object.entries(oddKeyTokens)
    const refused = { status: 401, body: { code: 'WEATHER_TOKEN_REJECTED', failedCheck: 'signature' } }
    for (const [name, token] of tokens) expect(await api.ask(token), name).toMatchObject(refused)
    expect(api.issuer.keyRequests).toBe(0)
  })

  it('are found for every genuine token that arrives together with invented key ids, at first and after a rotation', async () => {
    for (const fetches of [1, 2]) {
      const statuses = await Promise.all(
        Object.values(oddKeyTokens).map(async odd => ({
          odd: await statusOf(odd),
          genuine: await statusOf(goodToken()),
          oddAtTheSameTime: await statusOf(odd),
        })),
      )
      expect(statuses).toEqual(statuses.map(() => ({ odd: 401, genuine: 200, oddAtTheSameTime: 401 })))
      expect(api.issuer.keyRequests).toBe(fetches)
      api.issuer.rotate({ keepOld: false })
    }
  })

  it('are fetched at once after a look-up that failed before sending a request', async () => {
    const issuer = `${api.issuer.url}/${api.issuer.tenantId}`
    const warn = vi.fn()
    const verify = () => ({ header: {}, claims: {} })
    const keys = new SigningKeys({ issuer, log: { warn }, createVerifier: () => verify })
    await expect(keys.find('\ud800')).rejects.toThrow('URI malformed')
    expect(await keys.find(api.issuer.key.kid)).toBe(verify)
    expect(warn).not.toHaveBeenCalled()
    await keys.close()
  })

  it('are fetched again as soon as a token has a new key, even after two rotations in a row', async () => {
    expect(await statusOf(goodToken())).toBe(200)
    const old = goodToken()
    for (const fetches of [2, 3]) {
      api.issuer.rotate()
      const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(goodToken())))
      expect(new Set(statuses)).toEqual(new Set([200]))
      expect(api.issuer.keyRequests).toBe(fetches)
    }
    expect(await statusOf(old)).toBe(200)
    expect(await statusOf(goodToken())).toBe(200)
    expect(api.issuer.keyRequests).toBe(3)
  })

  it('include a new key after ten seconds, even if callers invent key ids, and whatever caching the issuer allows', async () => {
    for (const [index, caching] of ['private, max-age=86400', 'no-store'].entries()) {
      publish([jwk(api.issuer.key)], caching)
      expect(await statusOf(strangeToken(`before-${index}`))).toBe(401)
      api.issuer.rotate()
      publish([jwk(api.issuer.key)], caching)
      expect(await statusOf(goodToken())).toBe(401)
      pass(keySetLifetimeMs - 1_000)
      expect(await statusOf(goodToken())).toBe(401)
      pass(1_001)
      expect(await statusOf(strangeToken(`after-${index}`))).toBe(401)
      expect(await statusOf(goodToken())).toBe(200)
      pass(minuteMs)
    }
  })

  it('are all read from a key set that was fetched because of an invented key id', async () => {
    expect(await statusOf(goodToken())).toBe(200)
    const unseen = createSigningKey()
    publish([api.issuer.key, unseen].map(jwk))
    expect(await statusOf(strangeToken('invented'))).toBe(401)
    await api.issuer.stop()
    const claims = autonomousClaims({ authority: api.issuer.url })
    expect(await statusOf(signRs256({ alg: 'RS256', kid: unseen.kid }, claims, unseen))).toBe(200)
  })

  it('that the issuer has withdrawn are not used any more once a token has a new key', async () => {
    const old = goodToken()
    expect(await statusOf(old)).toBe(200)
    api.issuer.rotate({ keepOld: false })
    expect(await statusOf(goodToken())).toBe(200)
    expect(await statusOf(old)).toBe(401)
  })

  it('keep working for a limited time while the issuer is down', async () => {
    expect(await statusOf(goodToken())).toBe(200)
    await api.issuer.stop()
    pass(23 * hourMs)
    expect(await statusOf(goodToken())).toBe(200)
    expect(await statusOf(strangeToken('perhaps-new'))).toBe(503)
    pass(hourMs)
    expect(await statusOf(goodToken())).toBe(503)
    await api.issuer.start()
    pass(retryAfterMs)
    expect(await statusOf(goodToken())).toBe(200)
  })

  it('are renewed in the background without anybody waiting', async () => {
    expect(await statusOf(goodToken())).toBe(200)
    api.issuer.answerKeysWith(() => undefined)
    pass(hourMs)
    expect(await statusOf(goodToken())).toBe(200)
    await expect.poll(() => api.issuer.keyRequests).toBe(2)
    expect(await statusOf(goodToken())).toBe(200)
    expect(api.issuer.keyRequests).toBe(2)
  })

  it('that the issuer has withdrawn are not used for more than an hour, even if no token has a new key', async () => {
    expect(await statusOf(goodToken())).toBe(200)
    const old = goodToken()
    publish([createSigningKey()].map(jwk))
    pass(hourMs - 1)
    expect(await statusOf(old)).toBe(200)
    expect(api.issuer.keyRequests).toBe(1)
    pass(1)
    expect(await statusOf(old)).toBe(200)
    await expect.poll(() => statusOf(old)).toBe(401)
    expect(api.issuer.keyRequests).toBe(2)
  })

  it('that cannot be fetched at first give 503 with a reason, and work later without a restart', async () => {
    await api.issuer.stop()
    const response = await api.ask(goodToken())
    expect(response).toMatchObject({
      status: 503,
      contentType: 'application/problem+json; charset=utf-8',
      headers: { 'retry-after': '5' },
      body: {
        code: 'SIGNING_KEYS_UNAVAILABLE',
        detail: 'The signing keys could not be fetched.',
        upstream: { service: 'entra' },
      },
    })
    expect(await statusOf(strangeToken('any'))).toBe(503)
    await api.issuer.start()
    pass(retryAfterMs - 1)
    expect(await statusOf(goodToken())).toBe(503)
    pass(1)
    expect(await statusOf(goodToken())).toBe(200)
  })

  it.each([
    ['an error', 500, 'text/plain', 'broken'],
    ['no JSON', 200, 'application/json', '<html>'],
    ['no keys', 200, 'application/json', '{"keys":[]}'],
    ['a list', 200, 'application/json', '[1,2]'],
    ['keys but status 500', 500, 'application/json', '{"keys":[{"kid":"a"}]}'],
  ])('are unavailable (503) if the issuer responds with %s', async (_name, status, contentType, body) => {
    api.issuer.answerKeysWith((_request, response) => {
      response.writeHead(status, { 'content-type': contentType }).end(body)
    })
    expect(await statusOf(goodToken())).toBe(503)
    expect(await statusOf(goodToken())).toBe(503)
    expect(api.issuer.keyRequests).toBe(1)
  })

  it.each<[string, RequestListener]>([
    ['never', () => undefined],
    ['too slowly', dripEndlessly],
  ])('are unavailable (503) only as long as the issuer responds %s', async (_name, listener) => {
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(ms => realTimeout(ms / 100))
    api.issuer.answerKeysWith(listener)
    expect(await statusOf(goodToken())).toBe(503)
    timeout.mockRestore()
    api.issuer.answerKeysWith(undefined)
    pass(retryAfterMs)
    expect(await statusOf(goodToken())).toBe(200)
  })

  it('are not fetched through a redirect', async () => {
    const elsewhere = await createIssuer()
    const keys = JSON.stringify({ keys: [jwk(api.issuer.key)] })
    elsewhere.answerKeysWith((_request, response) => response.writeHead(200).end(keys))
    api.issuer.answerKeysWith((request, response) => {
      response.writeHead(302, { location: `${elsewhere.url}${request.url}` }).end()
    })
    expect(await statusOf(goodToken())).toBe(503)
    expect(elsewhere.keyRequests).toBe(0)
    await elsewhere.close()
  })

  it('are fetched again soon after an error, whatever caching the error allows', async () => {
    api.issuer.answerKeysWith((_request, response) => {
      response.writeHead(500, { 'cache-control': 'max-age=60' }).end('{}')
    })
    expect(await statusOf(goodToken())).toBe(503)
    api.issuer.answerKeysWith(undefined)
    pass(retryAfterMs)
    expect(await statusOf(goodToken())).toBe(200)
  })

  it('are read from a compressed response', async () => {
    const unseen = createSigningKey()
    const keys = gzipSync(JSON.stringify({ keys: [jwk(api.issuer.key), { ...jwk(unseen), alg: 'RS256' }] }))
    api.issuer.answerKeysWith((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(keys)
    })
    expect(await statusOf(strangeToken('invented'))).toBe(401)
    const claims = autonomousClaims({ authority: api.issuer.url })
    expect(await statusOf(signRs256({ alg: 'RS256', kid: unseen.kid }, claims, unseen))).toBe(200)
  })

  it('are unavailable (503) if the response is too large, as sent or after decompression', async () => {
    const keySet = (padding: number) =>
      JSON.stringify({ keys: [jwk(api.issuer.key)], padding: 'x'.repeat(padding) })
    const respondWith = (encoding: string, body: string | Buffer) =>
      api.issuer.answerKeysWith((_request, response) => {
        response.writeHead(200, { 'content-encoding': encoding }).end(body)
      })
    const bomb = gzipSync(keySet(1_000_000))
    expect(bomb.length).toBeLessThan(10_000)
    for (const [encoding, body] of [
      ['identity', keySet(512 * 1024)],
      ['gzip', bomb],
    ] as const) {
      respondWith(encoding, body)
      expect(await statusOf(goodToken())).toBe(503)
      pass(retryAfterMs)
    }
    respondWith('identity', keySet(500 * 1024))
    expect(await statusOf(goodToken())).toBe(200)
  })

  it('that cannot be fetched lead to one line in the log for each attempt, with the reason', async () => {
    const issuer = `${api.issuer.url}/${api.issuer.tenantId}`
    const warn = vi.fn()
    const createVerifier = () => () => ({ header: {}, claims: {} })
    const keys = new SigningKeys({ issuer, log: { warn }, createVerifier })
    const seek = () => Promise.allSettled(['one', 'two', 'three'].map(kid => keys.find(kid)))
    await api.issuer.stop()
    const reason = expect.objectContaining({
      name: 'SigningKeysUnavailable',
      url: `${issuer}/discovery/v2.0/keys`,
    })
    const sought = [...(await seek()), ...(await seek())]
    expect(sought).toEqual(Array(6).fill({ status: 'rejected', reason }))
    await api.issuer.start()
    api.issuer.answerKeysWith((_request, response) => {
      response.writeHead(500, { 'content-encoding': 'gzip' }).end(gzipSync('{}'))
    })
    pass(retryAfterMs)
    await seek()
    const message = 'Signing keys could not be fetched.'
    expect(warn.mock.calls).toEqual([
      [{ reason: expect.stringContaining('ECONNREFUSED') }, message],
      [{ reason: 'JWKS request failed' }, message],
    ])
    await keys.close()
  })

  it('shorter than 2048 bits, damaged, or published for encryption or another algorithm are ignored', async () => {
    const weak = createSigningKey('weak', 1024)
    const keys = [
      jwk(weak),
      { ...jwk(stranger), kid: 'encryption', use: 'enc' },
      { ...jwk(stranger), kid: 'other', alg: 'RS512' },
      { ...jwk(stranger), kid: 'damaged', e: '!' },
      { kty: 'RSA', kid: 'empty' },
      {
        ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
        kid: 'elliptic',
      },
      7,
      jwk(api.issuer.key),
    ]
    publish(keys)
    expect(await statusOf(goodToken())).toBe(200)
    const claims = autonomousClaims({ authority: api.issuer.url })
    expect(await statusOf(signRs256({ alg: 'RS256', kid: 'weak' }, claims, weak))).toBe(401)
    expect(await statusOf(strangeToken('encryption'))).toBe(401)
    expect(await statusOf(strangeToken('other'))).toBe(401)
    expect(await statusOf(strangeToken('damaged'))).toBe(401)
    expect(await statusOf(strangeToken('empty'))).toBe(401)
    expect(await statusOf(strangeToken('elliptic'))).toBe(401)
  })

  it.each([
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
  ])('that are published %s (with %j) make the API respond %i', async (_name, members, status) => {
    publish([{ ...jwk(api.issuer.key), ...members }])
    expect(await statusOf(goodToken())).toBe(status)
  })

  it.each([
    [65_537, 200],
    [3, 401],
    [17, 401],
  ])('with the public exponent %i make the API respond %i', async (publicExponent, status) => {
    const key = { kid: 'key', ...generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent }) }
    publish([jwk(key)])
    const claims = autonomousClaims({ authority: api.issuer.url })
    expect(await statusOf(signRs256({ alg: 'RS256', kid: 'key' }, claims, key))).toBe(status)
  })

  it('with the public exponent 1, for which anybody can make a signature, are ignored', async () => {
    const key = { ...jwk(api.issuer.key), e: 'AQ' }
    publish([key])
    const [header, claims] = goodToken().split('.')
    const digest = createHash('sha256').update(`${header}.${claims}`).digest()
    // The padding of RFC 8017 §9.2, which with exponent 1 is a valid signature.
    const algorithm = Buffer.from('3031300d060960864801650304020105000420', 'hex')
    const padding = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(202, 255), Buffer.alloc(1)])
    const signature = Buffer.concat([padding, algorithm, digest]).toString('base64url')
    expect(await statusOf(`${header}.${claims}.${signature}`)).toBe(401)
  })
})
