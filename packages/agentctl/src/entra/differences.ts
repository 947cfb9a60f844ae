import type { Json } from './graph.ts'

/** A property that is not as it should be. */
export interface Difference {
  readonly property: string
  readonly wanted: unknown
  readonly found: unknown
}

/**
 * The differences between an object and what is wanted. Only the wanted properties are compared. Lists of texts have to be equal
 * as sets; lists of objects have to contain the wanted ones.
 */
export function findDifferences(wanted: Json, found: Json, within = ''): Difference[] {
  return Object.entries(wanted).flatMap(([name, value]) =>
    compareValues(`${within}${name}`, value, found[name]),
  )
}

/** Whether an object has the wanted properties. */
export function hasAll(wanted: Json, found: Json): boolean {
  return findDifferences(wanted, found).length === 0
}

function compareValues(property: string, wanted: unknown, found: unknown): Difference[] {
  if (isObject(wanted) && (isObject(found) || !found))
    return findDifferences(wanted, (found ?? {}) as Json, `${property}.`)
  // If the wanted list is empty, any list will do.
  if (Array.isArray(wanted) && wanted.length === 0) return []
  if (Array.isArray(wanted) && Array.isArray(found)) {
    if (wanted.some(isObject))
      return wanted.filter(isObject).flatMap(one => compareEntry(property, one, found.filter(isObject)))
    if (String(wanted.toSorted()) === String(found.toSorted())) return []
  }
  // Graph shows an unset property as null, which means false.
  return wanted === found || (wanted === false && !found) ? [] : [{ property, wanted, found }]
}

function compareEntry(property: string, wanted: Json, found: readonly Json[]): Difference[] {
  const within = `${property}[${nameOf(wanted)}]`
  const entry = found.find(other => isSame(wanted, other))
  return entry
    ? findDifferences(wanted, entry, `${within}.`)
    : [{ property: within, wanted: 'present', found: 'missing' }]
}

/**
 * Entries of an object's lists that nobody wants, as `property[entry]`. Texts count only where no text is wanted: elsewhere they
 * are differences.
 */
export function findExtraEntries(wanted: unknown, found: unknown, within = ''): string[] {
  if (isObject(wanted) && isObject(found))
    return Object.entries(wanted).flatMap(([name, value]) =>
      findExtraEntries(value, found[name], within === '' ? name : `${within}.${name}`),
    )
  if (!Array.isArray(wanted) || !Array.isArray(found)) return []
  const others = wanted.length === 0 ? found.filter(entry => !isObject(entry)) : []
  return [
    ...others.map(entry => `${within}[${entry}]`),
    ...found.filter(isObject).flatMap(entry => {
      const name = `${within}[${nameOf(entry)}]`
      const same = wanted.filter(isObject).find(one => isSame(one, entry))
      return same ? findExtraEntries(same, entry, name) : [name]
    }),
  ]
}

/** The change that makes an object match what is wanted. Lists of objects keep their other entries. */
export function correction(wanted: Json, found: Json): Json {
  const changed = Object.entries(wanted).filter(
    ([name, value]) => compareValues(name, value, found[name]).length > 0,
  )
  return Object.fromEntries(changed.map(([name, value]) => [name, merge(value, found[name])]))
}

function merge(wanted: unknown, found: unknown): unknown {
  if (isObject(wanted) && isObject(found))
    return Object.fromEntries(
      Object.entries(wanted).map(([name, value]) => [name, merge(value, found[name])]),
    )
  if (!Array.isArray(wanted) || !Array.isArray(found) || wanted.some(one => !isObject(one))) return wanted
  const others = found.filter(entry => !wanted.some(one => isSame(one, entry)))
  return [...others, ...wanted]
}

function nameOf(entry: Json): unknown {
  return entry['value'] ?? entry[keyOf(entry)]
}

function isSame(one: Json, other: Json): boolean {
  return one[keyOf(one)] === other[keyOf(one)]
}

/** The property that identifies a list entry: `id` of a scope or role, `name` of a claim, `resourceAppId` of required access. */
function keyOf(entry: Json): string {
  return ['id', 'name', 'resourceAppId', 'appId'].find(key => key in entry) ?? 'id'
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
