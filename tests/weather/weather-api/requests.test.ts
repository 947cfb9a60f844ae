import { autonomousClaims } from '@entra-agents/tokens/testing/agent-claims'
import { badTokens, oneOfEachFault } from '@entra-agents/tokens/testing/corpus'
import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { startWeatherApi } from './service.ts'

const api = await forFile(startWeatherApi())
const token = api.issuer.sign(autonomousClaims({ authority: api.issuer.url }))

describe('the weather API', () => {
  const ask = (path: string) => api.ask(token, path)

  describe('without a token in the Authorization header', () => {
    const noHeader = 'The request has no Authorization header.'
    const otherScheme = 'The Authorization header does not use the scheme Bearer.'
    type RequestCase = readonly [path: string, headers: readonly string[], detail: string]
    const cases: Readonly<Record<string, () => RequestCase>> = {
      'no token at all': () => ['/weather?city=Dallas', [], noHeader],
      'an empty header': () => ['/weather?city=Dallas', ['Authorization', ''], noHeader],
      'another scheme': () => ['/weather?city=Dallas', ['Authorization', 'Basic YTpi'], otherScheme],
      'a longer scheme': () => ['/weather?city=Dallas', ['Authorization', `BearerX ${token}`], otherScheme],
      'the scheme in second place': () => [
        '/weather?city=Dallas',
        ['Authorization', `Basic Bearer ${token}`],
        otherScheme,
      ],
      'the bare token': () => ['/weather?city=Dallas', ['Authorization', token], otherScheme],
      'a token in the query': () => [`/weather?city=Dallas&access_token=${token}`, [], noHeader],
      'a token in a cookie': () => ['/weather?city=Dallas', ['Cookie', `access_token=${token}`], noHeader],
      'a token in another header': () => [
        '/weather?city=Dallas',
        ['X-Authorization', `Bearer ${token}`],
        noHeader,
      ],
      'an invalid query as well': () => ['/weather/forecast?days=99', [], noHeader],
    }

    it.each(Object.entries(cases))('responds to %s with 401 and no error code', async (_name, make) => {
      const [path, headers, detail] = make()
      expect(await api.get(path, headers)).toMatchObject({
        status: 401,
        challenge: 'Bearer realm="weather-api"',
        contentType: 'application/problem+json; charset=utf-8',
        body: { code: 'WEATHER_TOKEN_MISSING', status: 401, detail },
      })
    })

    it('ignores a token in the body', async () => {
      const posted = await fetch(`${api.url}/weather?city=Dallas`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `access_token=${token}`,
      })
      expect(posted.status).toBe(404)
    })
  })

  it.each([
    ['has expired', 401, 'lifetime', { exp: 1 }],
    ['lacks the right', 403, 'permission', { roles: [] }],
  ])(
    'lists the checks of a token that %s, up to the one that failed, and tells nothing else of it',
    async (_what, status, failedCheck, claims) => {
      const { url: authority } = api.issuer
      const refused = await api.ask(
        api.issuer.sign(autonomousClaims({ authority, claims: { uti: 'token-7', ...claims } })),
      )
      const order = ['signature', 'issuer', 'tenant', 'audience', 'lifetime', 'caller', 'permission']
      const made = order.slice(0, order.indexOf(failedCheck) + 1)
      expect(refused).toMatchObject({
        status,
        body: { failedCheck, checks: made.map(name => ({ name, ok: name !== failedCheck })) },
      })
      expect(JSON.stringify([refused.body, refused.headers])).not.toMatch(
        new RegExp(`token-7|${identities.agentId}`),
      )
    },
  )

  it('lists no checks in a refusal of a request without a token', async () => {
    const { body } = await api.get('/weather?city=Dallas')
    expect(body).toMatchObject({ checks: [] })
    expect(body.failedCheck).toBeUndefined()
  })

  it('documents the checks of a refusal', async () => {
    const { body } = await api.get('/openapi.json')
    const { content } = Object(body).paths['/weather'].get.responses['403']
    const [told] = Object.values<{ schema: { properties: Record<string, object> } }>(content)
    expect(told?.schema.properties['checks']).toMatchObject({
      items: { properties: { name: { enum: expect.arrayContaining(['signature', 'deny-list', 'format']) } } },
    })
  })

  it('responds with 401 to a Bearer header that does not have exactly one token', async () => {
    const headers = ['', ' ', ' a b', ` ${token} ${token}`, ` x Bearer ${token}`, ` ${token} x`, `\t${token}`]
    for (const header of headers) {
      expect(await api.get('/weather?city=Dallas', ['Authorization', `Bearer${header}`])).toMatchObject({
        status: 401,
        challenge: expect.stringMatching(/^Bearer realm="weather-api"/),
      })
    }
  })

  it.each(['/weather?city=Dallas', '/weather/forecast?city=Rome'])(
    'refuses a request for %s if its token has a fault of any kind',
    async path => {
      const faults = oneOfEachFault(badTokens(api.issuer))
      expect(faults).toHaveLength(10)
      for (const { token: bad, status, failedCheck } of faults)
        expect(await api.ask(bad, path)).toMatchObject({ status, body: { failedCheck } })
    },
  )

  it('refuses two Authorization headers, even if both are good', async () => {
    const twice = ['Authorization', `Bearer ${token}`, 'authorization', `Bearer ${token}`]
    expect(await api.get('/weather?city=Dallas', twice)).toMatchObject({
      status: 401,
      body: {
        code: 'WEATHER_TOKEN_REJECTED',
        failedCheck: 'format',
        detail: 'The request has more than one Authorization header.',
      },
    })
  })

  it('ignores a token in the query if the header has a good token', async () => {
    expect((await ask('/weather?city=Dallas&access_token=abc')).status).toBe(200)
  })

  it('returns the current weather in both units, with its source', async () => {
    const { status, body } = await ask('/weather?city=Dallas')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      city: 'Dallas',
      region: 'Texas',
      country: 'United States',
      condition: expect.stringContaining('long-term average'),
      source: 'climate-normals',
    })
    expect(body.temperature_f).toBeCloseTo(body.temperature_c * 1.8 + 32, 1)
    expect(new Date(body.observed_at).toISOString()).toBe(body.observed_at)
  })

  it.each([1, 3, 7])('returns a forecast of %i days in a row', async days => {
    const { status, body } = await ask(`/weather/forecast?city=Sydney&days=${days}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ city: 'Sydney', country: 'Australia', source: 'climate-normals' })
    expect(body.days).toHaveLength(days)
    const dates = body.days.map(({ date }) => Date.parse(date))
    expect(dates.every((date, index) => date === (dates[0] ?? 0) + index * 86_400_000)).toBe(true)
    for (const day of body.days) {
      expect(day.low_c).toBeLessThan(day.high_c)
      expect(day.high_f).toBeCloseTo(day.high_c * 1.8 + 32, 1)
    }
    expect(body.validated.flow).toBe('autonomous')
  })

  it.each([
    ['new york city', 'New York'],
    ['NYC', 'New York'],
    ['Sao Paulo', 'São Paulo'],
    ['São Paulo', 'São Paulo'],
    ['MÜNCHEN', 'Munich'],
    ['Muenchen', 'Munich'],
    ['  wien ', 'Vienna'],
    ['København', 'Copenhagen'],
    ['Dallas, TX', 'Dallas'],
    ['Dallas, Texas, USA', 'Dallas'],
    ['Washington, D.C.', 'Washington'],
    ['Paris, France', 'Paris'],
    ['Tel-Aviv', 'Tel Aviv'],
  ])('knows the city "%s" as %s', async (asked, city) => {
    const { status, body } = await ask(`/weather?city=${encodeURIComponent(asked)}`)
    expect({ status, city: body.city }).toEqual({ status: 200, city })
  })

  it.each([
    ['Dalas', ['Dallas']],
    ['Pariss', ['Paris']],
    ['Munihc', ['Munich']],
    ['Nwe York', ['New York']],
    ['Xyzzyx', []],
    ['Paris, Texas', ['Paris, France']],
  ])('responds to the unknown city "%s" with 404 and similar names', async (asked, suggestions) => {
    expect(await ask(`/weather?city=${encodeURIComponent(asked)}`)).toMatchObject({
      status: 404,
      contentType: 'application/problem+json; charset=utf-8',
      body: { code: 'CITY_NOT_FOUND', suggestions },
    })
  })

  it.each([
    '/weather',
    '/weather?city=',
    '/weather?city=%20%20',
    '/weather?city=12345',
    '/weather?city=Dallas%00',
    `/weather?city=${'a'.repeat(101)}`,
    '/weather?city=Dallas&city=Rome',
    '/weather/forecast?city=Rome&days=0',
    '/weather/forecast?city=Rome&days=8',
    '/weather/forecast?city=Rome&days=1.5',
    '/weather/forecast?city=Rome&days=many',
  ])('responds with 400 to the path %s', async path => {
    expect(await ask(path)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
  })

  it('answers health and readiness checks without a token, and describes its routes in OpenAPI 3.1', async () => {
    expect(await api.get('/livez')).toMatchObject({ status: 200, body: { status: 'alive' } })
    expect(await api.get('/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } })
    const protectedRoute = {
      get: {
        security: [{ entra: [] }],
        responses: Object.fromEntries(
          [200, 400, 401, 403, 404, 503].map(status => [status, expect.anything()]),
        ),
      },
    }
    const openRoute = { get: { responses: { 200: expect.anything() } } }
    expect((await api.get('/openapi.json')).body).toMatchObject({
      openapi: '3.1.0',
      paths: {
        '/livez': openRoute,
        '/readyz': openRoute,
        '/weather': protectedRoute,
        '/weather/forecast': protectedRoute,
      },
    })
  })

  it('responds to unknown addresses with a problem, with or without a token', async () => {
    for (const response of [await api.get('/'), await ask('/weather/yesterday'), await api.get('/metrics')]) {
      expect(response).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
    }
  })

  it('forbids caching and sniffing of every response', async () => {
    for (const { headers } of [
      await ask('/weather?city=Dallas'),
      await api.get('/weather'),
      await api.get('/livez'),
    ])
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })
})
