import { seededAt } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'

interface Created {
  readonly createdDateTime: string
}

const lookUps = new WeakMap<Created, number>()

/** Whether a look-up still misses a new object, as happens at Entra until a change is everywhere: the setting says how often. */
export function isMissed({ settings }: Entra, object: Created): boolean {
  if (object.createdDateTime === seededAt) return false
  const before = lookUps.get(object) ?? 0
  lookUps.set(object, before + 1)
  return before < settings.current.missedLookUps
}
