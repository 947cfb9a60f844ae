import { seededAt } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'

type Created = { readonly createdDateTime?: string } | { readonly startDateTime: string }

const lookUps = new WeakMap<Created, number>()

/** Whether this look-up misses a new object, as look-ups at Entra do until it is replicated. The first `missedLookUps` look-ups miss it. */
export function isMissed({ settings }: Entra, object: Created): boolean {
  const since = 'startDateTime' in object ? object.startDateTime : object.createdDateTime
  if (since === undefined || since === seededAt) return false
  const before = lookUps.get(object) ?? 0
  lookUps.set(object, before + 1)
  return before < settings.current.missedLookUps
}

interface Changed {
  readonly before: unknown
  lookUps: number
}

const changes = new WeakMap<object, Map<PropertyKey, Changed>>()

/** Changes a property of an object; the next `missedLookUps` look-ups still show the old value. */
export function change<Thing extends object, Key extends keyof Thing>(
  thing: Thing,
  key: Key,
  value: Thing[Key],
): void {
  const known = changes.get(thing) ?? new Map<PropertyKey, Changed>()
  changes.set(thing, known.set(key, { before: thing[key], lookUps: 0 }))
  thing[key] = value
}

/** The value of a property that a look-up shows: after a change, at first the old one. */
export function seenByLookUp<Thing extends object, Key extends keyof Thing>(
  { settings }: Entra,
  thing: Thing,
  key: Key,
): Thing[Key] {
  const changed = changes.get(thing)?.get(key)
  return changed && changed.lookUps++ < settings.current.missedLookUps
    ? (changed.before as Thing[Key])
    : thing[key]
}
