import { setTimeout as delay } from 'node:timers/promises'
import * as kit from '@entra-bedrock-agent/emulator-kit'

/** Time as the emulator sees it. Tests hand in their own, so that minutes of waiting cost milliseconds. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number
  /** Waits; rejects when the signal aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>
}

export class SystemClock extends kit.Clock implements Clock {
  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    await delay(durationMs, undefined, signal ? { signal } : {})
  }
}
