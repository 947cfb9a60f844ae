import { type TObject, type TProperties, Type } from 'typebox'

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

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
