import type { RequestListener } from 'node:http'
import { callerOf, grantingSidecar, json, start, validated } from '../../../downstream/testing/stage.ts'
import { agent, weatherApi } from '../../../identity/testing/fixtures.ts'
import type { Timing } from '../../../timing.ts'
import type { Turn } from '../../../turn/turn.ts'
import { createWeatherClient } from '../client.ts'

export function report(user: string | null = null, changes: object = {}) {
  return {
    city: 'Dallas',
    region: 'Texas',
    country: 'United States',
    temperature_c: 20.5,
    temperature_f: 68.9,
    condition: 'clear sky',
    observed_at: '2026-11-24T12:00:00Z',
    source: 'open-meteo',
    validated: validated(user),
    ...changes,
  }
}

interface Stage {
  readonly sidecar?: RequestListener
  readonly api: RequestListener
  readonly timing?: Partial<Timing>
}

export async function stage({ sidecar = grantingSidecar, api, timing }: Stage) {
  const server = await start(api)
  const sidecarServer = await start(sidecar)
  return { weatherApi: server, weather: weatherAt(server.url, sidecarServer.url, timing) }
}

/** The weather client and the caller below it, as one thing. */
export function weatherAt(url: string, sidecarUrl: string, timing?: Partial<Timing>) {
  const api = { ...weatherApi, url }
  const { caller } = callerOf([api], sidecarUrl, timing)
  const client = createWeatherClient(api)
  return {
    current: (turn: Turn, city: string, parentId?: string) =>
      client.current(caller.for(turn, parentId), city),
    forecast: (turn: Turn, city: string, days: number) => client.forecast(caller.for(turn), city, days),
    get health() {
      return caller.healthOf(api, agent)
    },
    refresh: () => caller.refresh(),
  }
}

export const answerReport: RequestListener = (_request, response) => json(200, report())(response)
