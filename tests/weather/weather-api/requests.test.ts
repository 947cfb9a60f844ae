import { Errors } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { startWeatherApi } from './service.ts'

const api = await forFile(startWeatherApi())
const token = api.autonomous()
const ask = (path: string) => api.ask(token, path)

/** Requests, each with its raw headers: names and values alternate. */
type Requests = Readonly<Record<string, readonly [path: string, ...headers: string[]]>>

/** What a caller reads in the response to each request. */
async function describeRefusals(requests: Requests): Promise<string> {
  const refusals = Object.entries(requests).map(async ([title, [path, ...headers]]) => {
    const { status, challenge = 'no challenge', contentType, body } = await api.get(path, headers)
    expect(contentType).toBe('application/problem+json; charset=utf-8')
    const { code, detail, failedCheck, checks, suggestions } = Object(body)
    const more = JSON.stringify({ failedCheck, checks, suggestions })
    return `${title}\n  ${status} ${code}: ${detail}\n  ${challenge} ${more}\n`
  })
  return (await Promise.all(refusals)).join('\n')
}

const dallas = '/weather?city=Dallas'

describe('a request without exactly one token in the Authorization header', () => {
  it('is refused in words that say what is wrong', async () => {
    const requests: Requests = {
      'no token': [dallas],
      'an empty header': [dallas, 'Authorization', ''],
      'another scheme': [dallas, 'Authorization', 'Basic YTpi'],
      'a longer scheme': [dallas, 'Authorization', `BearerX ${token}`],
      'the scheme in second place': [dallas, 'Authorization', `Basic Bearer ${token}`],
      'the bare token': [dallas, 'Authorization', token],
      'a token in the query': [`${dallas}&access_token=${token}`],
      'a token in a cookie': [dallas, 'Cookie', `access_token=${token}`],
      'a token in another header': [dallas, 'X-Authorization', `Bearer ${token}`],
      'an invalid query as well': ['/weather/forecast?days=99'],
      'no token after the scheme': [dallas, 'Authorization', 'Bearer'],
      'two words': [dallas, 'Authorization', 'Bearer a b'],
      'two tokens': [dallas, 'Authorization', `Bearer ${token} ${token}`],
      'a word before the token': [dallas, 'Authorization', `Bearer x Bearer ${token}`],
      'a word after the token': [dallas, 'Authorization', `Bearer ${token} x`],
      'a tab before the token': [dallas, 'Authorization', `Bearer\t${token}`],
      'two good headers': [dallas, 'Authorization', `Bearer ${token}`, 'authorization', `Bearer ${token}`],
    }
    await expect(await describeRefusals(requests)).toMatchFileSnapshot('headers.txt')
  })

  it('may have a token in its query, which is ignored, but not in its body', async () => {
    expect((await ask(`${dallas}&access_token=abc`)).status).toBe(200)
    const body = new URLSearchParams({ access_token: token })
    expect((await fetch(`${api.url}${dallas}`, { method: 'POST', body })).status).toBe(404)
  })
})

it('a token that lacks the right leads to the checks up to the one that failed, and to nothing else of it', async () => {
  const refused = await api.ask(api.autonomous({ uti: 'token-7', roles: [] }))
  const made = ['signature', 'issuer', 'tenant', 'audience', 'lifetime', 'caller', 'permission']
  const checks = made.map(name => ({ name, ok: name !== 'permission' }))
  expect(refused).toMatchObject({ status: 403, body: { failedCheck: 'permission', checks } })
  const words = new RegExp(`token-7|${identities.agentId}`)
  expect(JSON.stringify([refused.body, refused.headers])).not.toMatch(words)
})

describe('weather', () => {
  it('is returned in both units, with its source', async () => {
    const { status, body } = await ask('/weather?city=Dallas,%20Texas,%20USA')
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

  it.each([1, 7])('is forecast for %i days in a row', async days => {
    const { status, body } = await ask(`/weather/forecast?city=M%C3%9CNCHEN&days=${days}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ city: 'Munich', country: 'Germany', source: 'climate-normals' })
    expect(body.days).toHaveLength(days)
    const [first = 0, ...later] = body.days.map(({ date }) => Date.parse(date))
    expect(later).toEqual(later.map((_, index) => first + (index + 1) * 86_400_000))
    for (const day of body.days) {
      expect(day.low_c).toBeLessThan(day.high_c)
      expect(day.high_f).toBeCloseTo(day.high_c * 1.8 + 32, 1)
    }
    expect(body.validated.flow).toBe('autonomous')
  })

  it('is refused for unknown cities, with similar names, and for paths that say nothing sensible', async () => {
    const paths = [
      ...['Dalas', 'Nwe York', 'Xyzzyx', 'Paris, Texas'].map(
        city => `/weather?city=${encodeURIComponent(city)}`,
      ),
      ...['', '?city=', '?city=%20%20', '?city=12345', '?city=Dallas%00'].map(query => `/weather${query}`),
      `/weather?city=${'a'.repeat(101)}`,
      '/weather?city=Dallas&city=Rome',
      ...['0', '8', '1.5', 'many'].map(days => `/weather/forecast?city=Rome&days=${days}`),
      '/weather/yesterday',
    ]
    const requests: Requests = Object.fromEntries(
      paths.map(path => [`GET ${path}`, [path, 'Authorization', `Bearer ${token}`]]),
    )
    await expect(await describeRefusals(requests)).toMatchFileSnapshot('paths.txt')
  })
})

describe('every route', () => {
  it('is described in OpenAPI 3.1, refusals and their checks included, as it really responds', async () => {
    const { body } = await api.get('/openapi.json')
    const { openapi, paths } = Object(body)
    const routes = Object.entries<object>(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { security, responses }]) => {
        const statuses = Object.keys(responses).join(' ')
        return `${method} ${path}: ${statuses}${security ? ', with a token' : ''}`
      }),
    )
    expect([openapi, ...routes]).toEqual([
      '3.1.0',
      'get /livez: 200',
      'get /readyz: 200 503',
      'get /weather: 200 400 401 403 404 503, with a token',
      'get /weather/forecast: 200 400 401 403 404 503, with a token',
    ])
    const responses = [
      await ask(dallas),
      await api.ask(api.onBehalfOf(), '/weather/forecast?city=Rome'),
      await ask('/weather?city=Dalas'),
      await api.ask(api.autonomous({ roles: [] })),
    ]
    for (const { status, body } of responses) {
      const { responses } = paths[status === 200 && body.days ? '/weather/forecast' : '/weather'].get
      const [{ schema }] = Object.values<{ schema: object }>(responses[status].content) as [
        { schema: object },
      ]
      expect(Errors(schema, body)).toEqual([])
      expect(Errors(schema, { ...body, more: 1 })).not.toEqual([])
    }
  })

  it('answers without a token if it is for health, and by a problem if it does not exist; none may be cached or sniffed', async () => {
    const responses = [await ask(dallas)]
    for (const path of ['/livez', '/readyz', '/', '/metrics']) responses.push(await api.get(path))
    expect(responses.map(({ status, body: { code } }) => code ?? status)).toEqual([
      ...[200, 200, 200, 'NOT_FOUND', 'NOT_FOUND'],
    ])
    for (const { headers } of responses)
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })
})
