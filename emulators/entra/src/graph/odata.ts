import type { Application, Group, ServicePrincipal, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { badRequest, type GraphError, throwNotFound } from './access.ts'
import type { Query } from './bodies.ts'
import { type Condition, meets, readFilter, unsupported } from './filter.ts'
import { lookUpMisses } from './replication.ts'

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
export function collection(name: string, items: readonly object[], query: Query, url: URL) {
  const conditions = readFilter(query['$filter'])
  for (const condition of conditions) requireComparison(items, condition)
  const matching = items.filter(item => conditions.every(condition => meets(item, condition)))
  const { $skiptoken: start = '0' } = query
  if (!/^\d{1,4}$/.test(start)) throw invalidOption(query, '$skiptoken')
  const end = Number(start) + (readTop(query, 999) ?? matching.length)
  const next = end < matching.length ? String(end) : undefined
  const page = { items: matching.slice(Number(start), end), next, count: matching.length }
  return showPage(name, page, query, url)
}

/** A page at this URL. `next` is the `$skiptoken` of the next one; `count` is of all pages. */
export function showPage(
  name: string,
  { items, next, count }: { items: readonly object[]; next: string | undefined; count: number },
  query: Query,
  url: URL,
) {
  const selected = query['$select']?.split(',').map(property => property.trim())
  const nextLink = new URL(url)
  if (next !== undefined) nextLink.searchParams.set('$skiptoken', next)
  return {
    '@odata.context': `https://graph.microsoft.com/${url.pathname.split('/')[1]}/$metadata#${name}`,
    ...(query['$count'] === 'true' ? { '@odata.count': count } : {}),
    ...(next === undefined ? {} : { '@odata.nextLink': nextLink.href }),
    value: items.map(item => (selected ? pick(item, selected) : item)),
  }
}

/** How many items a page is to have, of at most so many. */
export function readTop(query: Query, most: number): number | undefined {
  const { $top: top } = query
  if (top === undefined) return undefined
  if (!/^\d{1,4}$/.test(top) || Number(top) < 1 || Number(top) > most) throw invalidOption(query, '$top')
  return Number(top)
}

export function invalidOption(query: Query, option: string): GraphError {
  return badRequest(`Invalid value '${query[option]}' for the query option '${option}'.`)
}

function requireComparison(items: readonly object[], { path, operator }: Condition): void {
  const [name = ''] = path.split('/')
  if (operator !== 'eq') throw unsupported(`${operator} of ${path}`)
  if (items.length === 0 || items.some(item => name in item)) return
  throw badRequest(`Invalid filter clause: Could not find a property named '${name}'.`)
}

function pick(item: object, properties: readonly string[]) {
  return Object.fromEntries(Object.entries(item).filter(([name]) => properties.includes(name)))
}
