import { setTimeout as delay } from 'node:timers/promises'
import { decodeToken } from '@entra-agents/tokens/verify'
import { expect, vi } from 'vitest'
import type { Clock } from '../../../../emulators/auth-sidecar/src/clock.ts'
import { readBehaviour } from './entra-behaviour.ts'
import { type Call, exchange, exchangeFromElsewhere } from './exchange.ts'
import type { EntraRequest, RecordedCall, RecordedRequest, RecordedResponse, Recording } from './recording.ts'
import { recordedInstance } from './scripted-entra.ts'
import { type Stage, setStage } from './stage.ts'
import { signByEntra, signByStranger } from './tokens.ts'

/** The factor by which waiting is faster than in the recording. */
const speed = 200

export interface ReplayedCall {
  readonly response: RecordedResponse
  readonly entra: readonly EntraRequest[]
  /** How long the call took, in milliseconds of the recording's clock. */
  readonly roundTripMs: number
}

export interface Replay {
  readonly healthzAtStart: RecordedResponse
  /** An entry for each recorded action; `undefined` if the action is no call. */
  readonly calls: readonly (ReplayedCall | undefined)[]
}

/** Runs a recorded scenario against the emulator in this process, with a scripted Entra. */
export async function replay(recording: Recording): Promise<Replay> {
  const clock = clockOf(recording)
  const behaviour = readBehaviour(recording.entra)
  await using stage = await setStage({ environment: recording.environment, behaviour, clock, speed })
  const player = new RecordingPlayer(stage, clock)
  const { response: healthzAtStart } = await player.play({ method: 'GET', path: '/healthz' }, undefined)
  const calls: (ReplayedCall | undefined)[] = []
  for (const call of recording.calls) calls.push(await player.step(call))
  return { healthzAtStart, calls }
}

interface ReplayClock extends Clock {
  readonly advance: (durationMs: number) => void
}

/** At least as long as any wait but the time-out of a request to Entra. */
const longestDelayMs = 60_000

/**
 * A clock that starts at the time of the recording and shortens waits. Shortened like them, the time-out of a request to Entra
 * would pass on a busy machine before Entra has responded, and the sidecar would ask twice. So it passes only where Entra hangs.
 */
function clockOf({ calls, entra }: Recording): ReplayClock {
  const hangs = typeof entra === 'string' && entra.includes('are never answered')
  const startSeconds = calls
    .map(({ request }) => request?.bearerClaims?.['iat'])
    .find(iat => typeof iat === 'number' && iat > 1_000_000_000)
  let offsetMs = startSeconds === undefined ? 0 : Number(startSeconds) * 1000 + 500 - Date.now()
  return {
    nowMs: () => Date.now() + offsetMs,
    advance: durationMs => {
      offsetMs += durationMs
    },
    sleep: async (durationMs, signal) => {
      const isTimeOut = durationMs > longestDelayMs
      await delay(isTimeOut && !hangs ? durationMs : durationMs / speed, undefined, signal ? { signal } : {})
    },
  }
}

class RecordingPlayer {
  readonly #stage: Stage
  readonly #clock: ReplayClock
  /** Tokens by their claims, since the recorder reused a token for equal claims. */
  readonly #tokens = new Map<string, string>()

  constructor(stage: Stage, clock: ReplayClock) {
    this.#stage = stage
    this.#clock = clock
  }

  async step({ request, response, entra, did }: RecordedCall): Promise<ReplayedCall | undefined> {
    if (request) return this.play(request, response, entra?.length)
    const [, waitedSeconds] = /^waited (\d+) s$/.exec(did ?? '') ?? []
    if (waitedSeconds) this.#clock.advance(Number(waitedSeconds) * 1000)
    else if (did) await this.#stage.materials.perform(did)
    return undefined
  }

  async play(
    request: RecordedRequest,
    recorded: RecordedResponse | undefined,
    recordedRequests = 0,
  ): Promise<ReplayedCall> {
    const { app, entra, origin, port } = this.#stage
    const token = this.#tokenFor(request, recorded)
    entra.takeRequests()
    const call = { ...toCall(request, token), hangUp: this.#losePatience(recorded, recordedRequests) }
    const startedAt = performance.now()
    const response = await (request.method === 'NONLOOPBACK'
      ? exchangeFromElsewhere(app, port, call)
      : exchange(origin, call))
    const roundTripMs = (performance.now() - startedAt) * speed
    const asked = entra.takeRequests()
    return { response: hideTokens(response, token, new URL(entra.url)), entra: asked, roundTripMs }
  }

  /** Closes the connection like the recorded caller: after the same time, but not before Entra got as many requests as recorded. */
  #losePatience(recorded: RecordedResponse | undefined, recordedRequests: number): AbortSignal | undefined {
    if (recorded?.error !== 'timeout') return undefined
    const hangUp = new AbortController()
    const asked = () => expect(this.#stage.entra.pendingRequests).toBeGreaterThanOrEqual(recordedRequests)
    delay(readRoundTripMs(recorded.roundTrip) / speed)
      .then(async () => vi.waitFor(asked, 10_000))
      .then(
        () => hangUp.abort(),
        () => hangUp.abort(),
      )
    return hangUp.signal
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

function toCall({ method, path, headers = {}, body }: RecordedRequest, token = ''): Call {
  const filled = Object.entries(headers).map(([name, value]) => [name, value.replace('<Tc>', token)])
  return { method, path, headers: Object.fromEntries(filled), body }
}

/** A recorded round trip such as `6 s`, in milliseconds. */
export function readRoundTripMs(roundTrip: string | undefined): number {
  return Number(/^(\d+) s$/.exec(roundTrip ?? '')?.[1] ?? 0) * 1000
}

/** Replaces tokens and URLs in a response by the recording's placeholders. */
function hideTokens(
  response: RecordedResponse,
  ownToken: string | undefined,
  { port }: URL,
): RecordedResponse {
  const body = (response.body ?? '')
    .replaceAll(`http://127.0.0.1:${port}`, recordedInstance)
    .replaceAll(`on port ${port}`, 'on port 443')
  const shown = ownToken ? body.replaceAll(ownToken, '<Tc>') : body
  const [, token] = /"Bearer ([\w-]+\.[\w-]+\.[\w-]+)"/.exec(shown) ?? []
  const claims = token ? decodeToken(token)?.claims : undefined
  if (!token || !claims) return { ...response, body: shown }
  return { ...response, body: shown.replace(token, '<token>'), tokenClaims: claims }
}
