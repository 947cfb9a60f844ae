import { setTimeout as delay } from 'node:timers/promises'
import { Type } from 'typebox'
import type { Settings } from './settings.ts'

/** Ten years. */
const maxOffsetSeconds = 315_360_000

/** The setting that moves an emulator's clock, to make secrets and tokens expire without waiting. */
export const ClockOffset = Type.Integer({ minimum: -maxOffsetSeconds, maximum: maxOffsetSeconds })

/** An emulator's time: the machine's time plus the setting `clockOffsetSeconds`. */
export class Clock {
  readonly #settings: Settings<{ clockOffsetSeconds: number }>

  constructor(settings: Settings<{ clockOffsetSeconds: number }>) {
    this.#settings = settings
  }

  nowMs(): number {
    return Date.now() + this.#settings.current.clockOffsetSeconds * 1000
  }

  /** The current time, in ISO 8601. */
  timestamp(): string {
    return new Date(this.nowMs()).toISOString()
  }

  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000)
  }

  /** Waits; rejects when the signal aborts. */
  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    await delay(durationMs, undefined, signal ? { signal } : {})
  }
}
