import { seededAt } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'

type CreatedObject = { readonly createdDateTime?: string } | { readonly startDateTime: string }

const lookUpCounts = new WeakMap<CreatedObject, number>()

/** Whether this look-up misses a new object, as look-ups at Entra do until it is replicated. The first `missedLookUps` look-ups miss it. */
export function lookUpMisses({ settings }: Entra, object: CreatedObject): boolean {
  const since = 'startDateTime' in object ? object.startDateTime : object.createdDateTime
  if (since === undefined || since === seededAt) return false
  const before = lookUpCounts.get(object) ?? 0
  lookUpCounts.set(object, before + 1)
  return before < settings.current.missedLookUps
}

interface PropertyChange {
  readonly before: unknown
  lookUps: number
}

const recentChanges = new WeakMap<object, Map<PropertyKey, PropertyChange>>()

/** Changes properties of an object; for the next `missedLookUps` look-ups, `propertySeenByLookUp` still returns the old values. */
export function changeProperties<Thing extends object>(thing: Thing, changes: Partial<Thing>): void {
  const known = recentChanges.get(thing) ?? new Map<PropertyKey, PropertyChange>()
  for (const key of Object.keys(changes)) known.set(key, { before: thing[key as keyof Thing], lookUps: 0 })
  recentChanges.set(thing, known)
  Object.assign(thing, changes)
}

/** The value that a look-up shows for a property: after a change, at first still the old value. */
export function propertySeenByLookUp<Thing extends object, Key extends keyof Thing>(
  { settings }: Entra,
  thing: Thing,
  key: Key,
): Thing[Key] {
  const changed = recentChanges.get(thing)?.get(key)
  return changed && changed.lookUps++ < settings.current.missedLookUps
    ? (changed.before as Thing[Key])
    : thing[key]
}
