import { isProblem } from '@entra-agents/service-kit'
import type { FastifyBaseLogger } from 'fastify'
import type { WeatherProvider } from './provider.ts'

/** Delay before live weather is tried again after a failure. */
const retryDelayMs = 60_000

type Lookup<Weather> = (provider: WeatherProvider, signal?: AbortSignal) => Promise<Weather>

/**
 * Live weather if it can be reached, else climate normals; `source` says which. Only the first request after an outage
 * begins waits for live weather. Later requests get normals at once; after the delay, one of them tries live weather again
 * in the background.
 */
export class LiveOrNormals implements WeatherProvider {
  readonly #live: WeatherProvider
  readonly #normals: WeatherProvider
  readonly #log: Pick<FastifyBaseLogger, 'info' | 'warn'>
  #outOfReach = false
  #nextAttemptAt = 0

  constructor(
    live: WeatherProvider,
    normals: WeatherProvider,
    log: Pick<FastifyBaseLogger, 'info' | 'warn'>,
  ) {
    this.#live = live
    this.#normals = normals
    this.#log = log
  }

  current(city: string, signal?: AbortSignal) {
    return this.#ask((provider, until) => provider.current(city, until), signal)
  }

  forecast(city: string, days: number, signal?: AbortSignal) {
    return this.#ask((provider, until) => provider.forecast(city, days, until), signal)
  }

  async #ask<Weather>(lookUp: Lookup<Weather>, signal: AbortSignal | undefined): Promise<Weather> {
    if (this.#outOfReach) {
      if (Date.now() >= this.#nextAttemptAt) this.#tryLive(lookUp).catch(() => undefined)
      return await lookUp(this.#normals)
    }
    return (await this.#tryLive(lookUp, signal)) ?? (await lookUp(this.#normals))
  }

  /** Live weather; `undefined` if it cannot be reached. Rejects for an unknown city. */
  async #tryLive<Weather>(lookUp: Lookup<Weather>, signal?: AbortSignal): Promise<Weather | undefined> {
    this.#nextAttemptAt = Date.now() + retryDelayMs
    try {
      const weather = await lookUp(this.#live, signal)
      this.#noteReach()
      return weather
    } catch (error) {
      signal?.throwIfAborted()
      if (!isProblem(error) || error.code !== 'WEATHER_UNAVAILABLE') {
        this.#noteReach()
        throw error
      }
      if (!this.#outOfReach)
        this.#log.warn(
          { reason: error.message },
          'Live weather is out of reach; climate normals take its place.',
        )
      this.#outOfReach = true
      return undefined
    }
  }

  #noteReach(): void {
    if (this.#outOfReach) this.#log.info('Live weather is back.')
    this.#outOfReach = false
  }
}
