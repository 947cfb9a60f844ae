import { setTimeout as delay } from 'node:timers/promises'

/** Time as the stand-in sees it. Tests hand in their own, so that minutes of waiting cost milliseconds. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Waits; rejects when the signal aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: async (durationMs, signal) => delay(durationMs, undefined, signal ? { signal } : {}),
}
