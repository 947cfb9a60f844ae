import { randomInt } from 'node:crypto'
import type { Clock } from '@entra-agents/emulator-kit'
import { LRUCache } from 'lru-cache'
import { refusal } from '../errors/entra-error.ts'
import { opaqueValue } from '../tokens/opaque.ts'

/** A device's request to let a user sign in at another one (RFC 8628). */
export interface DeviceCode {
  readonly clientId: string
  readonly scope: string
  /** What the user types. */
  readonly userCode: string
  readonly expiresAtSeconds: number
  /** Who signed in; `declined` if the user refused, absent while nobody has answered. */
  answer?: { readonly userId: string } | 'declined'
}

export const deviceCodeLifetimeSeconds = 900
const letters = 'BCDFGHJKLMNPQRSTVWXYZ23456789'

/** The device codes that were issued, by the code that the device keeps. */
export class DeviceCodes {
  readonly #clock: Clock
  readonly #codes = new LRUCache<string, DeviceCode>({ max: 1_000 })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  issue(clientId: string, scope: string): { deviceCode: string; userCode: string } {
    const deviceCode = opaqueValue(48)
    const userCode = Array.from({ length: 9 }, () => letters[randomInt(letters.length)]).join('')
    const expiresAtSeconds = this.#clock.nowSeconds() + deviceCodeLifetimeSeconds
    this.#codes.set(deviceCode, { clientId, scope, userCode, expiresAtSeconds })
    return { deviceCode, userCode }
  }

  /** The request that waits for the user who types this code, if there is one. */
  waiting(userCode: string): DeviceCode | undefined {
    const wanted = userCode.trim().toUpperCase()
    return [...this.#codes.values()].find(
      one => one.userCode === wanted && !one.answer && one.expiresAtSeconds > this.#clock.nowSeconds(),
    )
  }

  /** Redeems the device's code, once a user has signed in; until then, throws the refusal that says why not. */
  redeem(deviceCode: string, clientId: string): { userId: string; scope: string } {
    const request = this.#codes.get(deviceCode)
    if (request?.clientId !== clientId) throw refusal(70018)
    if (request.answer === 'declined') throw refusal(65004, {}, { error: 'authorization_declined' })
    if (request.expiresAtSeconds <= this.#clock.nowSeconds()) throw refusal(70019)
    if (!request.answer) throw refusal(70016)
    this.#codes.delete(deviceCode)
    return { ...request.answer, scope: request.scope }
  }

  clear(): void {
    this.#codes.clear()
  }
}
