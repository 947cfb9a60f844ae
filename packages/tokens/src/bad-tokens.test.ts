import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { autonomousClaims } from './testing/agent-claims.ts'
import { badTokens } from './testing/corpus.ts'
import { type ProtectedApi, startProtectedApi } from './testing/protected-api.ts'
import type { BadToken } from './testing/wrong-claims.ts'

describe('a corpus of bad tokens', () => {
  let api: ProtectedApi
  let corpus: readonly BadToken[]

  beforeAll(async () => {
    // Stops the clock: cached key sets must not expire while these tests run on a busy machine.
    vi.useFakeTimers({ toFake: ['Date'] })
    api = await startProtectedApi()
    corpus = badTokens(api.issuer)
  })
  afterAll(async () => {
    vi.useRealTimers()
    await api.close()
  })

  it('holds more than 200 different tokens', () => {
    expect(new Set(corpus.map(({ token }) => token)).size).toBe(corpus.length)
    expect(corpus.length).toBeGreaterThan(200)
  })

  it('is refused completely, each token for its own fault', async () => {
    const outcomes = await Promise.all(
      corpus.map(async ({ name, token }) => {
        const { status, body, challenge } = await api.ask(token)
        expect.soft(body.detail, name).toMatch(/^(The|This|An|Only) .+\.$/)
        expect.soft(challenge, name).toMatch(`: ${body.detail}"`)
        return { name, status, failedCheck: body.failedCheck, challenge: challenge?.split(':')[0] }
      }),
    )
    expect(outcomes).toEqual(
      corpus.map(({ name, status, failedCheck }) => ({
        name,
        status,
        failedCheck,
        challenge: `Bearer realm="weather-api", error="${status === 401 ? 'invalid_token' : 'insufficient_scope'}", error_description="${failedCheck}`,
      })),
    )
  })

  it('does not harm the service: a good token passes afterwards, and the keys were fetched no more than twice', async () => {
    const response = await api.ask(api.issuer.sign(autonomousClaims({ authority: api.issuer.url })))
    expect(response.status).toBe(200)
    expect(api.issuer.keyRequests).toBeLessThanOrEqual(2)
  })
})
