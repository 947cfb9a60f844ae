import type { Application, Group, ServicePrincipal, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { badRequest, GraphError, throwNotFound } from './access.ts'
import type { Query } from './bodies.ts'
import { lookUpMisses } from './replication.ts'

const filterCondition = /^([\w/]+) eq (?:'((?:[^']|'')*)'|(\w+))$/

/** An application or principal by its object id, or by `appId=…`. */
export function findByKey<One extends Application | ServicePrincipal>(
  entra: Entra,
  key: string,
  all: readonly One[],
): One {
  const wanted = key.toLowerCase()
  const found = all.find(({ id, appId }) => id === wanted || `appid=${appId}` === wanted)
  return found && !lookUpMisses(entra, found) ? found : throwNotFound(key)
}

/** A user by object id or user name. */
export function findUser({ directory }: Entra, key: string): User {
  return directory.user(key) ?? throwNotFound(key)
}

/** An object of the directory with the properties that lists of objects of several kinds have; none if it is gone. */
export function showObject({ directory }: Entra, id: string) {
  const { applications, groups } = directory.content
  const isNamed = (one: Group | Application) => one.id === id
  const found = groups.find(isNamed) ?? directory.principalById(id)
  const user = directory.user(id)
  const kind = found?.kind ?? (user ? 'user' : 'application')
  const object = found ?? user ?? applications.find(isNamed)
  return object ? [{ '@odata.type': `#microsoft.graph.${kind}`, id, displayName: object.displayName }] : []
}

/** Ids of the users in `…@odata.bind`, which names them by URL. */
export function readBoundUsers(entra: Entra, addresses: readonly string[] = []): string[] {
  return addresses.map(address => {
    const id = readUserId(entra, address)
    if (id === undefined) throw badRequest(`'${address}' names no user of this tenant.`)
    return id
  })
}

/** The id of the user with this URL. */
export function readUserId({ directory }: Entra, address: string): string | undefined {
  const [, key] = /\/(?:users|directoryObjects)\/([^/]+)$/i.exec(address) ?? []
  return key === undefined ? undefined : directory.user(key)?.id
}

/** The items without those that are to go, of which there must be one. */
export function without<Item>(items: readonly Item[], key: string, goes: (item: Item) => boolean): Item[] {
  const others = items.filter(item => !goes(item))
  return others.length < items.length ? others : throwNotFound(key)
}

/** A collection, or the page of it that `$top` asks for, at this URL. `$filter` knows `eq` and `and`; other operators are refused. */
export function collection(name: string, items: readonly object[], query: Query, url: string) {
  const conditions = readFilter(query['$filter'])
  for (const [property] of conditions) requireProperty(items, property)
  const same = (one: unknown, other: string) => String(one).toLowerCase() === other.toLowerCase()
  const matching = items.filter(item => conditions.every(([path, value]) => same(valueAt(item, path), value)))
  const selected = query['$select']?.split(',').map(property => property.trim())
  const start = readNumber(query, '$skiptoken') ?? 0
  const end = start + (readNumber(query, '$top') ?? matching.length)
  const next = new URL(url)
  next.searchParams.set('$skiptoken', String(end))
  return {
    '@odata.context': `https://graph.microsoft.com/v1.0/$metadata#${name}`,
    ...(query['$count'] === 'true' ? { '@odata.count': matching.length } : {}),
    ...(end < matching.length ? { '@odata.nextLink': next.href } : {}),
    value: matching.slice(start, end).map(item => (selected ? pick(item, selected) : item)),
  }
}

function readNumber(query: Query, option: '$top' | '$skiptoken'): number | undefined {
  const value = query[option]
  if (value === undefined) return undefined
  const isPage = /^\d{1,4}$/.test(value) && (option === '$skiptoken' || (+value >= 1 && +value <= 999))
  if (!isPage) throw badRequest(`Invalid value '${value}' for the query option '${option}'.`)
  return Number(value)
}

function requireProperty(items: readonly object[], path: string): void {
  const [name = ''] = path.split('/')
  if (items.length === 0 || items.some(item => name in item)) return
  throw badRequest(`Invalid filter clause: Could not find a property named '${name}'.`)
}

function readFilter(filter: string | undefined): [property: string, value: string][] {
  if (!filter) return []
  return filter.split(' and ').map(part => {
    const [, property, quoted, bare] = filterCondition.exec(part.trim()) ?? []
    if (property !== undefined) return [property, quoted?.replaceAll("''", "'") ?? bare ?? '']
    throw new GraphError('Request_UnsupportedQuery', `Unsupported or invalid query filter clause: ${part}.`)
  })
}

function pick(item: object, properties: readonly string[]) {
  return Object.fromEntries(Object.entries(item).filter(([name]) => properties.includes(name)))
}

/** The value at a path: `a/b` is the property `b` of the property `a`. */
function valueAt(item: object, path: string): unknown {
  return path
    .split('/')
    .reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name], item)
}
