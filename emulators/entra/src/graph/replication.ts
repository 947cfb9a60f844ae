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

/** Changes a property of an object; the next `missedLookUps` look-ups still show the old value. */
export function changeProperty<Thing extends object, Key extends keyof Thing>(
  thing: Thing,
  key: Key,
  value: Thing[Key],
): void {
  const known = recentChanges.get(thing) ?? new Map<PropertyKey, PropertyChange>()
  recentChanges.set(thing, known.set(key, { before: thing[key], lookUps: 0 }))
  thing[key] = value
}

/** Applies a PATCH; a change of `accountEnabled` shows only later. */
export function changePropertiesOf<Thing extends { accountEnabled?: boolean }>(
  thing: Thing,
  { accountEnabled, ...others }: Partial<Thing>,
): void {
  Object.assign(thing, others)
  if (accountEnabled !== undefined) changeProperty(thing, 'accountEnabled', accountEnabled)
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
