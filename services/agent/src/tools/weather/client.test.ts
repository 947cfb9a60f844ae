import type { ServerResponse } from 'node:http'
import { TraceStep } from '@entra-bedrock-agent/identity-trace'
import { Check } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import {
  checks,
  grantingSidecar,
  json,
  refusal,
  start,
  stepsOf,
  turnOf,
  validated,
} from '../../downstream/testing/stage.ts'
import {
  authorizationHeader,
  autonomousClaims,
  deadUrl,
  ids,
  sidecarProblem,
  unsignedToken,
} from '../../identity/testing/fixtures.ts'
import { weatherProblems } from './problems.ts'
import { answerReport, report, stage, weatherAt } from './testing/stage.ts'

describe('asking for the weather', () => {
  it('calls the API with TR and nothing else, and returns the weather without the word on the token', async () => {
    const { weather, weatherApi } = await stage({ api: answerReport })
    const { validated: _, ...expected } = report()
    const turn = turnOf()
    expect(await weather.current(turn, 'São Paulo')).toEqual(expected)
    expect(weatherApi.requests).toHaveLength(1)
    expect(weatherApi.requests[0]?.target).toBe('GET /weather?city=S%C3%A3o+Paulo')
    expect(stepsOf(turn, 'api-call')[0]?.title).toBe('The agent calls the Weather API: weather in São Paulo')
    const { headers } = weatherApi.requests[0] ?? {}
    expect(headers?.authorization).toMatch(/^Bearer eyJ/)
  })

  it('asks for a forecast of so many days', async () => {
    const day = { date: '2026-11-25', low_c: 1, high_c: 2, low_f: 34, high_f: 36, condition: 'rain' }
    const forecast = { city: 'Oslo', country: 'Norway', source: 'climate-normals', days: [day] }
    const { weather, weatherApi } = await stage({
      api: (_request, response) => json(200, { ...forecast, validated: validated(null) })(response),
    })
    const turn = turnOf()
    expect(await weather.forecast(turn, 'Oslo', 3)).toEqual(forecast)
    expect(stepsOf(turn, 'api-call')[0]?.title).toBe('The agent calls the Weather API: forecast for Oslo')
    expect(weatherApi.requests[0]?.target).toBe('GET /weather/forecast?city=Oslo&days=3')
  })

  it('does not call the API when there is no token', async () => {
    const { weather, weatherApi } = await stage({
      sidecar: (_request, response) =>
        response.end(authorizationHeader(autonomousClaims({ azp: ids.blueprintAppId }))),
      api: answerReport,
    })
    await expect(weather.current(turnOf(), 'Dallas')).rejects.toEqual(refusal('AGENT_IDENTITY_NOT_HONOURED'))
    expect(weatherApi.requests).toEqual([])
  })
})

describe('the trace of a call', () => {
  it('shows each hop in order, with TR’s card verified by the agent and by the API', async () => {
    const { weather } = await stage({ api: answerReport })
    const turn = turnOf()
    await weather.current(turn, 'Dallas', 'parent-1')
    const { steps } = turn.trace
    expect(steps.map(({ kind, from, to, status }) => [kind, from, to, status])).toEqual([
      ['token-request', 'agent', 'sidecar', 'ok'],
      ['token-request', 'sidecar', 'entra', 'not-observable'],
      ['token-request', 'sidecar', 'entra', 'not-observable'],
      ['token', 'sidecar', 'agent', 'ok'],
      ['api-call', 'agent', 'weather-api', 'ok'],
      ['validation', 'weather-api', 'agent', 'ok'],
    ])
    const [card] = stepsOf(turn, 'token')
    expect(card?.token).toMatchObject({
      role: 'TR',
      observed: true,
      claims: { azp: ids.agentClientId },
      verifiedBy: [{ actor: 'agent' }, { actor: 'weather-api', checks }],
    })
    expect(card?.title).toBe(`TR: agent ${ids.agentClientId} acts as itself`)
    for (const step of steps) expect(Check(TraceStep, step)).toBe(true)
    expect(steps.map(step => step.parentId)).toEqual([
      'parent-1',
      steps[0]?.id,
      steps[0]?.id,
      'parent-1',
      'parent-1',
      steps[4]?.id,
    ])
  })

  it('says who acts for whom, and what the protocol says about the hidden hops', async () => {
    const { weather } = await stage({ api: (_request, response) => json(200, report(ids.ada))(response) })
    const turn = turnOf(ids.ada)
    await weather.current(turn, 'Dallas')
    const [request, first, second] = stepsOf(turn, 'token-request')
    expect(request?.request?.headers['authorization']).toBe('Bearer Tc ‹feedfeedfeed›')
    expect(first?.token).toMatchObject({
      role: 'T1',
      observed: false,
      claims: { aud: 'fb60f99c-7a34-4190-8149-302f77469936', azp: ids.blueprintAppId },
    })
    expect(first?.request?.body).toMatchObject({ fmi_path: ids.agentClientId })
    expect(second?.request?.body).toMatchObject({
      requested_token_use: 'on_behalf_of',
      client_id: ids.agentClientId,
    })
    expect(stepsOf(turn, 'token')[0]?.title).toBe(
      `TR: agent ${ids.agentClientId} acts on behalf of user ${ids.ada}`,
    )
  })

  it('holds no raw token', async () => {
    const { weather } = await stage({ api: (_request, response) => json(200, report(ids.ada))(response) })
    const turn = turnOf(ids.ada)
    await weather.current(turn, 'Dallas')
    const text = JSON.stringify(turn.trace.steps)
    expect(text).not.toContain(unsignedToken({}).split('.')[0])
    expect(text).not.toContain(`token-of-${ids.ada}`)
  })

  it('ends with the token request, and its problem, when that failed', async () => {
    const { weather } = await stage({
      sidecar: (_request, response) =>
        response
          .writeHead(401, { 'content-type': 'application/problem+json' })
          .end(sidecarProblem(401, 'AADSTS65001: ada@contoso.example')),
      api: answerReport,
    })
    const turn = turnOf(ids.ada)
    await expect(weather.current(turn, 'Dallas')).rejects.toEqual(refusal('CONSENT_REQUIRED'))
    expect(turn.trace.steps).toHaveLength(1)
    expect(turn.trace.steps[0]).toMatchObject({
      status: 'failed',
      response: { status: 401 },
      problem: {
        code: 'CONSENT_REQUIRED',
        requestId: 'request-1',
        upstream: { service: 'entra', code: 'AADSTS65001' },
      },
    })
    expect(JSON.stringify(turn.trace.steps)).not.toContain('ada@contoso')
  })

  it('shows the check that the weather API says has failed', async () => {
    const { weather } = await stage({
      api: (_request, response) =>
        json(401, { code: 'WEATHER_TOKEN_REJECTED', failedCheck: 'audience' })(response),
    })
    const turn = turnOf()
    await expect(weather.current(turn, 'Dallas')).rejects.toThrow('audience')
    expect(stepsOf(turn, 'token')[0]?.token?.verifiedBy?.at(-1)).toEqual({
      actor: 'weather-api',
      checks: [{ name: 'audience', ok: false }],
    })
    expect(stepsOf(turn, 'api-call')[0]).toMatchObject({ status: 'failed', response: { status: 401 } })
    expect(stepsOf(turn, 'validation')).toEqual([])
  })
})

describe('what the weather API refuses', () => {
  const challenge = Buffer.from('{"access_token":{"acrs":{"essential":true,"value":"c1"}}}')

  it.each([
    ['API_TOKEN_REJECTED', json(401, { code: 'WEATHER_TOKEN_REJECTED' })],
    ['API_FORBIDDEN', json(403, { code: 'WEATHER_FORBIDDEN', failedCheck: 'caller' })],
    ['CITY_NOT_FOUND', json(404, { code: 'CITY_NOT_FOUND' })],
    ['INVALID_REQUEST', json(400, { code: 'INVALID_REQUEST', detail: 'days must be <= 7.' })],
    ['API_UNAVAILABLE', json(503, { code: 'SIGNING_KEYS_UNAVAILABLE' })],
    ['API_UNAVAILABLE', json(500, {})],
    ['API_UNAVAILABLE', json(302, {}, { location: 'http://localhost/' })],
    ['API_UNAVAILABLE', json(200, { city: 'Dallas' })],
    ['API_UNAVAILABLE', json(200, report(null, { temperature_c: 'warm' }))],
    ['API_UNAVAILABLE', (response: ServerResponse) => response.end('not json')],
    ['API_UNAVAILABLE', json(200, report(null, { more: 'x'.repeat(500_000) }))],
    [
      'API_TOKEN_REJECTED',
      json(401, {}, { 'www-authenticate': 'Bearer error="insufficient_claims", claims="!"' }),
    ],
  ])('comes back as %s, and is not asked again', async (code, answer) => {
    const { weather, weatherApi } = await stage({ api: (_request, response) => void answer(response) })
    await expect(weather.current(turnOf(), 'Dallas')).rejects.toEqual(refusal(code))
    expect(weatherApi.requests).toHaveLength(1)
  })

  it('as unknown comes with its suggestions', async () => {
    const { weather } = await stage({
      api: (_request, response) =>
        json(404, { code: 'CITY_NOT_FOUND', suggestions: ['Dallas', 'Dalian'] })(response),
    })
    const error = await weather.current(turnOf(), 'Dalas').catch(one => one)
    expect(error.toDocument('r')).toMatchObject({
      detail: 'The weather API knows no city called “Dalas”.',
      hint: 'Did you mean Dallas or Dalian?',
      upstream: { service: 'weather-api', status: 404, code: 'CITY_NOT_FOUND' },
    })
  })

  it('as unknown comes with the usual hint without them', async () => {
    const { weather } = await stage({
      api: (_request, response) => json(404, { code: 'CITY_NOT_FOUND', suggestions: [] })(response),
    })
    const error = await weather.current(turnOf(), 'Dalas').catch(one => one)
    expect(error.toDocument('r').hint).toBe(weatherProblems.CITY_NOT_FOUND.hint)
  })

  it.each([{}, { code: 'ROUTE_NOT_FOUND' }])(
    'is no unknown city if something else has no such address: %j',
    async body => {
      const { weather } = await stage({ api: (_request, response) => json(404, body)(response) })
      const error = await weather.current(turnOf(), 'Dallas').catch(one => one)
      expect(error.toDocument('r')).toMatchObject({
        code: 'API_UNAVAILABLE',
        hint: expect.stringContaining('Check the URL of the Weather API'),
      })
    },
  )

  it('for want of a stronger sign-in comes with the challenge for the page', async () => {
    const { weather } = await stage({
      api: (_request, response) =>
        json(
          401,
          {},
          {
            'www-authenticate': `Bearer error="insufficient_claims", claims="${challenge.toString('base64')}"`,
          },
        )(response),
    })
    const error = await weather.current(turnOf(ids.ada), 'Dallas').catch(one => one)
    expect(error.toDocument('r')).toMatchObject({
      code: 'CONDITIONAL_ACCESS_REQUIRED',
      claimsChallenge: challenge.toString(),
    })
  })
})

describe('a weather API that does not answer', () => {
  it('is told to be unavailable when nobody listens', async () => {
    const sidecar = await start(grantingSidecar)
    const turn = turnOf()
    await expect(weatherAt(await deadUrl(), sidecar.url).current(turn, 'Dallas')).rejects.toEqual(
      refusal('API_UNAVAILABLE'),
    )
    expect(stepsOf(turn, 'api-call').map(step => step.status)).toEqual(['failed', 'failed'])
  })

  it('is told to be unavailable when it takes too long', async () => {
    const { weather } = await stage({ api: () => undefined, timing: { apiCallMs: 50 } })
    await expect(weather.current(turnOf(), 'Dallas')).rejects.toEqual(refusal('API_UNAVAILABLE'))
  })

  it('is asked once more when the connection breaks, as when its pod is replaced', async () => {
    let calls = 0
    const { weather } = await stage({
      api: (request, response) => {
        calls += 1
        if (calls === 1) response.destroy()
        else answerReport(request, response)
      },
    })
    const turn = turnOf()
    expect(await weather.current(turn, 'Dallas')).toMatchObject({ city: 'Dallas' })
    expect(stepsOf(turn, 'api-call').map(step => step.status)).toEqual(['failed', 'ok'])
  })

  it('is left alone at once when the client goes away', async () => {
    let hungUp = false
    const { weather, weatherApi } = await stage({
      api: (_request, response) => {
        response.on('close', () => {
          hungUp = true
        })
      },
    })
    const client = new AbortController()
    const turn = turnOf(undefined, client.signal)
    const asked = weather.current(turn, 'Dallas')
    await expect.poll(() => weatherApi.requests.length).toBe(1)
    client.abort(new Error('went away'))
    await expect(asked).rejects.toThrow('went away')
    await expect.poll(() => hungUp).toBe(true)
    expect(weather.health.state).toBe('unknown')
    expect(stepsOf(turn, 'api-call')[0]?.status).toBe('running')
  })
})

describe('the health of the weather API', () => {
  it('is unknown until something was seen, then what was seen last', async () => {
    let answer = json(200, report())
    const { weather } = await stage({ api: (_request, response) => void answer(response) })
    expect(weather.health).toEqual({ state: 'unknown' })
    await weather.current(turnOf(), 'Dallas')
    expect(weather.health.state).toBe('ready')
    answer = json(404, { code: 'CITY_NOT_FOUND' })
    await expect(weather.current(turnOf(), 'Dalas')).rejects.toThrow()
    expect(weather.health.state).toBe('ready')
    answer = json(503, {})
    await expect(weather.current(turnOf(), 'Dallas')).rejects.toThrow()
    expect(weather.health).toMatchObject({ state: 'unavailable', problem: { code: 'API_UNAVAILABLE' } })
  })

  it('is looked at by /readyz, without a token', async () => {
    const { weather, weatherApi } = await stage({ api: (_request, response) => json(200, {})(response) })
    await weather.refresh()
    await weather.refresh()
    expect(weatherApi.requests.map(request => request.target)).toEqual(['GET /readyz'])
    expect(weatherApi.requests[0]?.headers).not.toHaveProperty('authorization')
    expect(weather.health.state).toBe('ready')
  })

  it('does not become ready by /readyz as long as it rejects the agent’s token', async () => {
    const { weather } = await stage({
      api: (request, response) => json(request.url === '/readyz' ? 200 : 401, {})(response),
    })
    await expect(weather.current(turnOf(), 'Dallas')).rejects.toThrow()
    await weather.refresh()
    expect(weather.health).toMatchObject({
      state: 'unavailable',
      problem: { code: 'API_TOKEN_REJECTED' },
    })
  })

  it('is unavailable when it is not ready or not there', async () => {
    const { weather } = await stage({ api: (_request, response) => json(503, {})(response) })
    await weather.refresh()
    expect(weather.health.state).toBe('unavailable')
    const gone = weatherAt(await deadUrl(), 'http://localhost:1')
    await gone.refresh()
    expect(gone.health).toMatchObject({ state: 'unavailable', problem: { code: 'API_UNAVAILABLE' } })
  })
})
