import { seededAt } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'

type Created = { readonly createdDateTime: string } | { readonly startDateTime: string }

const lookUps = new WeakMap<Created, number>()

/** Whether a look-up still misses something new, as happens at Entra until a change is everywhere: the setting says how often. */
export function isMissed({ settings }: Entra, object: Created): boolean {
  const since = 'createdDateTime' in object ? object.createdDateTime : object.startDateTime
  if (since === seededAt) return false
  const before = lookUps.get(object) ?? 0
  lookUps.set(object, before + 1)
  return before < settings.current.missedLookUps
}
