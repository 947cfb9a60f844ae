import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { autonomousClaims } from '../../support/agent-tokens.ts'
import { createSigningKey, signRs256 } from '../../support/token-issuer.ts'
import { type RunningWeatherApi, startWeatherApi } from './service.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const timing = {
  coolDownMs: minuteMs,
  retryAfterMs: 10_000,
  refreshAfterMs: hourMs,
  keepForMs: 24 * hourMs,
}

describe('the issuer’s signing keys', () => {
  let api: RunningWeatherApi
  let clockMs: number
  const stranger = createSigningKey()

  beforeEach(async () => {
    clockMs = Date.now()
    api = await startWeatherApi({}, { now: () => clockMs, keyTiming: timing })
  })
  afterEach(() => api.close())

  /** A token of the current key that is valid at the service's clock. */
  const goodToken = () => {
    const seconds = Math.floor(clockMs / 1000)
    const lifetime = { iat: seconds, nbf: seconds, exp: seconds + 3_600 }
    return api.issuer.sign(autonomousClaims({ authority: api.issuer.url, claims: lifetime }))
  }
  const strangeToken = (kid: string) =>
    signRs256({ alg: 'RS256', typ: 'JWT', kid }, autonomousClaims({ authority: api.issuer.url }), stranger)
  const statusOf = async (token: string) => (await api.ask(token)).status

  it('are fetched once for many requests at the same time', async () => {
    const statuses = await Promise.all(Array.from({ length: 50 }, () => statusOf(goodToken())))
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(api.issuer.keyRequests).toBe(1)
  })

  it('are not asked for again and again because of invented key ids', async () => {
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
      clockMs += minuteMs
    }
  })

  it('are fetched again for a new key at once, and twice in a row if the issuer rotates twice', async () => {
    expect(await statusOf(goodToken())).toBe(200)
    const old = goodToken()
    for (const requests of [2, 3]) {
      api.issuer.rotate()
      const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(goodToken())))
      expect(new Set(statuses)).toEqual(new Set([200]))
      expect(api.issuer.keyRequests).toBe(requests)
    }
    expect(await statusOf(old)).toBe(200)
  })

  it('include a new key after the cool-down even while key ids are being invented', async () => {
    await statusOf(strangeToken('first'))
    expect(await statusOf(strangeToken('second'))).toBe(401)
    api.issuer.rotate()
    expect(await statusOf(goodToken())).toBe(401)
    clockMs += minuteMs
    expect(await statusOf(strangeToken('third'))).toBe(401)
    expect(await statusOf(goodToken())).toBe(200)
  })

  it('no longer count once the issuer has withdrawn them', async () => {
    const old = goodToken()
    expect(await statusOf(old)).toBe(200)
    api.issuer.rotate({ keepOld: false })
    expect(await statusOf(goodToken())).toBe(200)
    expect(await statusOf(old)).toBe(401)
  })

  it('go on working while the issuer is down, but not for ever', async () => {
    expect(await statusOf(goodToken())).toBe(200)
    await api.issuer.stop()
    clockMs += 23 * hourMs
    expect(await statusOf(goodToken())).toBe(200)
    expect(await statusOf(strangeToken('perhaps-new'))).toBe(503)
    clockMs += hourMs
    expect(await statusOf(goodToken())).toBe(503)
    await api.issuer.start()
    clockMs += timing.retryAfterMs
    expect(await statusOf(goodToken())).toBe(200)
  })

  it('are renewed in the background without anybody waiting', async () => {
    expect(await statusOf(goodToken())).toBe(200)
    api.issuer.answerKeysWith(() => undefined)
    clockMs += hourMs
    expect(await statusOf(goodToken())).toBe(200)
    await expect.poll(() => api.issuer.keyRequests, { timeout: 10_000 }).toBe(2)
    expect(await statusOf(goodToken())).toBe(200)
    expect(api.issuer.keyRequests).toBe(2)
  })

  it('out of reach from the start: 503 with a reason, never a pass, and well again without restart', async () => {
    await api.issuer.stop()
    const answer = await api.ask(goodToken())
    expect(answer).toMatchObject({
      status: 503,
      contentType: 'application/problem+json; charset=utf-8',
      body: { code: 'SIGNING_KEYS_UNAVAILABLE', upstream: { service: 'entra' } },
    })
    expect(await statusOf(strangeToken('any'))).toBe(503)
    await api.issuer.start()
    clockMs += timing.retryAfterMs
    expect(await statusOf(goodToken())).toBe(200)
  })

  it.each([
    ['an error', 500, 'text/plain', 'broken'],
    ['no JSON', 200, 'application/json', '<html>'],
    ['no keys', 200, 'application/json', '{"keys":[]}'],
    ['something else', 200, 'application/json', '[1,2]'],
    ['unusable keys', 200, 'application/json', '{"keys":[{"kty":"EC","kid":"a"},{"kty":"RSA","kid":"b"},7]}'],
    ['far too much', 200, 'application/json', `{"keys":[],"x":"${'x'.repeat(1_000_000)}"}`],
  ])('count as out of reach when the issuer answers %s', async (_name, status, contentType, body) => {
    api.issuer.answerKeysWith((_request, response) => {
      response.writeHead(status, { 'content-type': contentType }).end(body)
    })
    expect(await statusOf(goodToken())).toBe(503)
    expect(await statusOf(goodToken())).toBe(503)
    expect(api.issuer.keyRequests).toBe(1)
  })

  it('are not followed to another address', async () => {
    api.issuer.answerKeysWith((_request, response) => {
      response.writeHead(302, { location: `${api.issuer.url}/elsewhere` }).end()
    })
    expect(await statusOf(goodToken())).toBe(503)
  })

  it('shorter than 2048 bits, damaged, or meant for encryption or another algorithm, are no keys', async () => {
    const weak = createSigningKey('weak', 1024)
    const jwk = (key: typeof weak) => ({ ...key.publicKey.export({ format: 'jwk' }), kid: key.kid })
    const keys = [
      jwk(weak),
      { ...jwk(stranger), kid: 'encryption', use: 'enc' },
      { ...jwk(stranger), kid: 'other', alg: 'RS512' },
      { ...jwk(stranger), kid: 'damaged', e: '!' },
      jwk(api.issuer.key),
    ]
    api.issuer.answerKeysWith((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
    })
    expect(await statusOf(goodToken())).toBe(200)
    const claims = autonomousClaims({ authority: api.issuer.url })
    expect(await statusOf(signRs256({ alg: 'RS256', kid: 'weak' }, claims, weak))).toBe(401)
    expect(await statusOf(strangeToken('encryption'))).toBe(401)
    expect(await statusOf(strangeToken('other'))).toBe(401)
    expect(await statusOf(strangeToken('damaged'))).toBe(401)
  })
})
