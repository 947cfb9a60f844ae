import { setTimeout as delay } from 'node:timers/promises'
import { type TObject, type TProperties, Type } from 'typebox'

/** The schema of an object that has no other members than these. */
export function strictObject<Properties extends TProperties>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false })
}

/** The settings of an emulator, which can be changed while it runs: one JSON document. */
export class Settings<Values extends object> {
  /** The schema of a change. */
  readonly schema: TObject
  readonly #initial: Values
  #current: Values

  /** @param change the schema of each setting */
  constructor(change: TProperties, initial: Values) {
    this.schema = Type.Partial(Type.Object(change), { additionalProperties: false })
    this.#initial = initial
    this.#current = structuredClone(initial)
  }

  get current(): Values {
    return this.#current
  }

  /** Changes what the patch names, as a JSON merge patch does (RFC 7396). */
  change(patch: object): void {
    this.#current = mergePatch(this.#current, patch) as Values
  }

  reset(): void {
    this.#current = structuredClone(this.#initial)
  }
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value))
  }
  return Object.fromEntries(merged)
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Ten years. */
const maxOffsetSeconds = 315_360_000

/** The setting that moves an emulator's clock, to make secrets and tokens expire without waiting. */
export const ClockOffset = Type.Integer({ minimum: -maxOffsetSeconds, maximum: maxOffsetSeconds })

/** An emulator's time: the machine's time plus the setting `clockOffsetSeconds`. */
export type Clock = Readonly<ReturnType<typeof clockOf>>

export function clockOf(settings: Settings<{ clockOffsetSeconds: number }>) {
  const nowMs = () => Date.now() + settings.current.clockOffsetSeconds * 1000
  return {
    nowMs,
    /** The current time, in ISO 8601. */
    timestamp: () => new Date(nowMs()).toISOString(),
    nowSeconds: () => Math.floor(nowMs() / 1000),
    /** Waits; rejects when the signal aborts. */
    sleep: (durationMs: number, signal?: AbortSignal): Promise<void> =>
      delay(durationMs, undefined, signal ? { signal } : {}),
  }
}
