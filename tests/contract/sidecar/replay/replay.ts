import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../../../emulators/auth-sidecar/src/app.ts'
import type { Clock } from '../../../../emulators/auth-sidecar/src/clock.ts'
import { readConfig } from '../../../../emulators/auth-sidecar/src/config.ts'
import { startDownstream } from './downstream.ts'
import { readBehaviour } from './entra-behaviour.ts'
import { type Call, exchange, exchangeFromElsewhere } from './exchange.ts'
import { Materials } from './materials.ts'
import type { EntraRequest, RecordedCall, RecordedRequest, RecordedResponse, Recording } from './recording.ts'
import { recordedInstance, ScriptedEntra } from './scripted-entra.ts'
import { signByEntra, signByStranger, takeApart } from './tokens.ts'

/** How many times faster than in the recording all waiting goes. */
const haste = 200

export interface ReplayedCall {
  readonly response: RecordedResponse
  readonly entra: readonly EntraRequest[]
  /** In the recording's milliseconds. */
  readonly roundTripMs: number
}

export interface Replay {
  readonly healthzAtStart: RecordedResponse
  /** One for each recorded call; `undefined` for what was merely done. */
  readonly calls: readonly (ReplayedCall | undefined)[]
}

/** Runs a recorded scenario against the stand-in, in its own process and with an Entra that plays its part. */
export async function replay(recording: Recording): Promise<Replay> {
  const clock = clockOf(recording)
  const nowSeconds = () => Math.floor(clock.now() / 1000)
  const entra = new ScriptedEntra({ behaviour: readBehaviour(recording.entra), nowSeconds, haste })
  await entra.start()
  const downstream = await startDownstream()
  const materials = await Materials.create({
    instance: entra.origin,
    downstream: downstream.origin,
    nowSeconds,
  })
  const environment = await materials.environmentOf(recording)
  const app = buildApp(readConfig({ Logging__LogLevel__Default: 'None', ...environment }), { clock })
  try {
    await app.listen({ host: '::', port: 0 })
    const player = new Player(app, entra, materials)
    const healthzAtStart = (await player.play({ method: 'GET', path: '/healthz' }, undefined)).response
    const calls: (ReplayedCall | undefined)[] = []
    for (const call of recording.calls) calls.push(await player.step(call))
    return { healthzAtStart, calls }
  } finally {
    await app.close()
    downstream.server.close()
    await Promise.all([entra.stop(), materials.remove()])
  }
}

/** Starts when the recording did, and hurries when asked to wait. */
function clockOf({ calls }: Recording): Clock {
  const startSeconds = calls
    .map(({ request }) => request?.bearerClaims?.['iat'])
    .find(iat => typeof iat === 'number' && iat > 1_000_000_000)
  const offsetMs = startSeconds === undefined ? 0 : Number(startSeconds) * 1000 + 500 - Date.now()
  return {
    now: () => Date.now() + offsetMs,
    sleep: async (durationMs, signal) => delay(durationMs / haste, undefined, signal ? { signal } : {}),
  }
}

class Player {
  readonly #app: FastifyInstance
  readonly #entra: ScriptedEntra
  readonly #materials: Materials
  /** The recorder made a token once and used it again where the claims say it is the same. */
  readonly #tokens = new Map<string, string>()

  constructor(app: FastifyInstance, entra: ScriptedEntra, materials: Materials) {
    this.#app = app
    this.#entra = entra
    this.#materials = materials
  }

  async step({ request, response, did }: RecordedCall): Promise<ReplayedCall | undefined> {
    if (request) return this.play(request, response)
    if (did) await this.#materials.perform(did)
    return undefined
  }

  async play(request: RecordedRequest, recorded: RecordedResponse | undefined): Promise<ReplayedCall> {
    const { port } = this.#app.server.address() as AddressInfo
    const token = this.#tokenFor(request, recorded)
    const call = toCall(request, token, recorded)
    this.#entra.takeRequests()
    const startedAt = performance.now()
    const response = await (request.method === 'NONLOOPBACK'
      ? exchangeFromElsewhere(this.#app, port, call)
      : exchange(`http://localhost:${port}`, call))
    const roundTripMs = (performance.now() - startedAt) * haste
    const entra = this.#entra.takeRequests()
    return {
      response: hideTokens(response, token, { port: new URL(this.#entra.origin).port }),
      entra,
      roundTripMs,
    }
  }

  #tokenFor({ bearerClaims }: RecordedRequest, recorded: RecordedResponse | undefined): string | undefined {
    if (!bearerClaims) return undefined
    const key = JSON.stringify(bearerClaims)
    const byStranger = recorded?.headers['www-authenticate']?.includes('The signature is invalid') ?? false
    const token = this.#tokens.get(key) ?? (byStranger ? signByStranger : signByEntra)(bearerClaims)
    this.#tokens.set(key, token)
    return token
  }
}

function toCall(
  request: RecordedRequest,
  token: string | undefined,
  recorded: RecordedResponse | undefined,
): Call {
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => [
    name,
    value.replace('<Tc>', token ?? ''),
  ])
  const patienceMs = recorded?.error === 'timeout' ? readSeconds(recorded.roundTrip) / haste : undefined
  const { method, path, body } = request
  return { method, path, headers: Object.fromEntries(headers), body, patienceMs }
}

/** A recorded round trip such as `6 s`, in milliseconds. */
export function readSeconds(roundTrip: string | undefined): number {
  return Number(/^(\d+) s$/.exec(roundTrip ?? '')?.[1] ?? 0) * 1000
}

/** Puts a response into the recording's terms: tokens by their placeholder, Entra by its name. */
function hideTokens(
  response: RecordedResponse,
  ownToken: string | undefined,
  { port }: { port: string },
): RecordedResponse {
  const body = (response.body ?? '')
    .replaceAll(`http://127.0.0.1:${port}`, recordedInstance)
    .replaceAll(`on port ${port}`, 'on port 443')
  const shown = ownToken ? body.replaceAll(ownToken, '<Tc>') : body
  const [, token] = /"Bearer ([\w-]+\.[\w-]+\.[\w-]+)"/.exec(shown) ?? []
  const claims = token ? takeApart(token)?.claims : undefined
  if (!token || !claims) return { ...response, body: shown }
  return { ...response, body: shown.replace(token, '<token>'), tokenClaims: claims }
}
