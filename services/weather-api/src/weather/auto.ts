import { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { FastifyBaseLogger } from 'fastify'
import type { WeatherProvider } from './provider.ts'

/** How long live weather is left alone after it was out of reach. */
const pauseMs = 60_000

/**
 * Live weather while it can be had, else the climate normals; the answer's `source` says which.
 * Only the request that first finds live weather out of reach waits for it. Later ones get normals at once; after a
 * pause one of them makes a new attempt in the background.
 */
export class LiveOrNormals implements WeatherProvider {
  readonly #live: WeatherProvider
  readonly #normals: WeatherProvider
  readonly #log: Pick<FastifyBaseLogger, 'info' | 'warn'>
  readonly #now: () => number
  #outOfReach = false
  #nextAttemptAt = 0

  constructor(
    live: WeatherProvider,
    normals: WeatherProvider,
    log: Pick<FastifyBaseLogger, 'info' | 'warn'>,
    now: () => number = Date.now,
  ) {
    this.#live = live
    this.#normals = normals
    this.#log = log
    this.#now = now
  }

  current(city: string) {
    return this.#ask(provider => provider.current(city))
  }

  forecast(city: string, days: number) {
    return this.#ask(provider => provider.forecast(city, days))
  }

  async #ask<Answer>(question: (provider: WeatherProvider) => Promise<Answer>): Promise<Answer> {
    if (this.#outOfReach) {
      if (this.#now() >= this.#nextAttemptAt) void this.#tryLive(question).catch(() => undefined)
      return await question(this.#normals)
    }
    return (await this.#tryLive(question)) ?? (await question(this.#normals))
  }

  /** The live answer, `undefined` when live weather is out of reach; an unknown city rejects. */
  async #tryLive<Answer>(
    question: (provider: WeatherProvider) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    this.#nextAttemptAt = this.#now() + pauseMs
    try {
      const answer = await question(this.#live)
      this.#inReach()
      return answer
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error
      if (error.code !== 'WEATHER_UNAVAILABLE') {
        this.#inReach()
        throw error
      }
      if (!this.#outOfReach)
        this.#log.warn({ err: error }, 'Live weather is out of reach; answering climate normals.')
      this.#outOfReach = true
      return undefined
    }
  }

  #inReach(): void {
    if (this.#outOfReach) this.#log.info('Live weather is back.')
    this.#outOfReach = false
  }
}
