import type { RequestListener } from 'node:http'
import { agent, ids, ordersApi } from '@entra-agents/identity/testing/fixtures'
import {
  apiCallerOf,
  grantingSidecar,
  okChecks,
  problemOf,
  sendJson,
  startTestServer,
  stepsOf,
  turnOf,
  validation,
} from '@entra-agents/identity/testing/stage'
import { TraceStep } from '@entra-agents/trace'
import { Check } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import type { Turn } from '../../turn/turn.ts'
import { createWeatherClient } from './client.ts'
import { weatherProblems } from './problems.ts'

function report(changes: object = {}) {
  return {
    city: 'Dallas',
    region: 'Texas',
    country: 'United States',
    temperature_c: 20.5,
    temperature_f: 68.9,
    condition: 'clear sky',
    observed_at: '2026-11-24T12:00:00Z',
    source: 'open-meteo',
    validated: validation(null),
    ...changes,
  }
}

const answerReport: RequestListener = (_request, response) => sendJson(200, report())(response)

/** Starts a weather API with this listener. Returns it, and functions to ask it for weather and to look at its health. */
async function startWeatherApi({ api: listener }: { readonly api: RequestListener }) {
  const [server, sidecar] = [await startTestServer(listener), await startTestServer(grantingSidecar)]
  const api = { ...ordersApi, name: 'weather-api', title: 'Weather API', url: server.url }
  const { caller } = apiCallerOf([api], sidecar.url)
  const client = createWeatherClient(api)
  return {
    weatherApi: server,
    weather: {
      current: (turn: Turn, city: string, parentId?: string) =>
        client.current(caller.for(turn, parentId), city),
      forecast: (turn: Turn, city: string, days: number) => client.forecast(caller.for(turn), city, days),
      get health() {
        return caller.healthOf(api, agent)
      },
      refresh: () => caller.refresh(),
    },
  }
}

describe('asking for the weather', () => {
  it('calls the API once, with TR, and returns the weather without what the API says of TR', async () => {
    const { weather, weatherApi } = await startWeatherApi({ api: answerReport })
    const { validated: _, ...expected } = report()
    const turn = turnOf()
    expect(await weather.current(turn, 'São Paulo')).toEqual(expected)
    expect(weatherApi.requests).toHaveLength(1)
    expect(weatherApi.requests[0]?.target).toBe('GET /weather?city=S%C3%A3o+Paulo')
    expect(stepsOf(turn, 'api-call')[0]?.title).toBe('The agent calls the Weather API: weather in São Paulo')
    const { headers } = weatherApi.requests[0] ?? {}
    expect(headers?.authorization).toMatch(/^Bearer eyJ/)
  })

  it('asks for a forecast of the given number of days', async () => {
    const day = { date: '2026-11-25', low_c: 1, high_c: 2, low_f: 34, high_f: 36, condition: 'rain' }
    const forecast = { city: 'Oslo', country: 'Norway', source: 'climate-normals', days: [day] }
    const { weather, weatherApi } = await startWeatherApi({
      api: (_request, response) => sendJson(200, { ...forecast, validated: validation(null) })(response),
    })
    const turn = turnOf()
    expect(await weather.forecast(turn, 'Oslo', 3)).toEqual(forecast)
    expect(stepsOf(turn, 'api-call')[0]?.title).toBe('The agent calls the Weather API: forecast for Oslo')
    expect(weatherApi.requests[0]?.target).toBe('GET /weather/forecast?city=Oslo&days=3')
  })
})

describe('the trace of a call', () => {
  it('contains each hop in order, and TR with the checks by the agent and by the API', async () => {
    const { weather } = await startWeatherApi({ api: answerReport })
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
      verifiedBy: [{ actor: 'agent' }, { actor: 'weather-api', checks: okChecks }],
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

  it('shows which check failed according to the weather API', async () => {
    const { weather } = await startWeatherApi({
      api: (_request, response) =>
        sendJson(401, { code: 'WEATHER_TOKEN_REJECTED', failedCheck: 'audience' })(response),
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

describe('a failed call of the weather API', () => {
  it.each([
    ['CITY_NOT_FOUND', sendJson(404, { code: 'CITY_NOT_FOUND' })],
    ['API_UNAVAILABLE', sendJson(200, { city: 'Dallas' })],
    ['API_UNAVAILABLE', sendJson(200, report({ temperature_c: 'warm' }))],
  ])('is reported as the problem %s, and is not repeated', async (code, answer) => {
    const { weather, weatherApi } = await startWeatherApi({
      api: (_request, response) => void answer(response),
    })
    await expect(weather.current(turnOf(), 'Dallas')).rejects.toEqual(problemOf(code))
    expect(weatherApi.requests).toHaveLength(1)
  })

  it('for an unknown city is reported with the API’s suggestions', async () => {
    const { weather } = await startWeatherApi({
      api: (_request, response) =>
        sendJson(404, { code: 'CITY_NOT_FOUND', suggestions: ['Dallas', 'Dalian'] })(response),
    })
    const error = await weather.current(turnOf(), 'Dalas').catch(one => one)
    expect(error.toDocument('r')).toMatchObject({
      detail: 'The weather API knows no city called “Dalas”.',
      hint: 'Did you mean Dallas or Dalian?',
      upstream: { service: 'weather-api', status: 404, code: 'CITY_NOT_FOUND' },
    })
  })

  it.each([[], undefined])(
    'for an unknown city has a fixed hint if the suggestions are unusable: %j',
    async suggestions => {
      const { weather } = await startWeatherApi({
        api: (_request, response) => sendJson(404, { code: 'CITY_NOT_FOUND', suggestions })(response),
      })
      const error = await weather.current(turnOf(), 'Dalas').catch(one => one)
      expect(error.toDocument('r').hint).toBe(weatherProblems.CITY_NOT_FOUND.hint)
    },
  )

  it.each([{}, { code: 'ROUTE_NOT_FOUND' }])(
    'is reported as API_UNAVAILABLE if the body of a 404 says nothing of an unknown city: %j',
    async body => {
      const { weather } = await startWeatherApi({
        api: (_request, response) => sendJson(404, body)(response),
      })
      const error = await weather.current(turnOf(), 'Dallas').catch(one => one)
      expect(error.toDocument('r')).toMatchObject({
        code: 'API_UNAVAILABLE',
        hint: expect.stringContaining('Check the URL of the Weather API'),
      })
    },
  )
})

describe('a weather API that breaks a connection', () => {
  it('is asked once more, since its pod may have been replaced', async () => {
    let calls = 0
    const { weather } = await startWeatherApi({
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
})

describe('the health of the weather API', () => {
  it('is probed at /readyz, without a token', async () => {
    const { weather, weatherApi } = await startWeatherApi({
      api: (_request, response) => sendJson(200, {})(response),
    })
    await weather.refresh()
    await weather.refresh()
    expect(weatherApi.requests.map(request => request.target)).toEqual(['GET /readyz'])
    expect(weatherApi.requests[0]?.headers).not.toHaveProperty('authorization')
    expect(weather.health.state).toBe('ready')
  })
})
