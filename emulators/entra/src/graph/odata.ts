import { GraphError } from './graph-error.ts'

const versionlessContext = 'https://graph.microsoft.com/v1.0/$metadata'
const condition = /^(\w+) eq (?:'((?:[^']|'')*)'|(\w+))$/

/** A collection's answer; `$filter` knows `eq` and `and`, all else is refused rather than ignored. */
export function collection(
  name: string,
  items: readonly Readonly<Record<string, unknown>>[],
  query: Readonly<Record<string, string | undefined>>,
) {
  const conditions = readFilter(query['$filter'])
  const matching = items.filter(item =>
    conditions.every(([property, value]) => String(item[property]).toLowerCase() === value.toLowerCase()),
  )
  const selected = query['$select']?.split(',').map(property => property.trim())
  const top = Number(query['$top'] ?? matching.length)
  return {
    '@odata.context': `${versionlessContext}#${name}`,
    value: matching.slice(0, top).map(item => (selected ? pick(item, selected) : item)),
  }
}

function readFilter(filter: string | undefined): [property: string, value: string][] {
  if (!filter) return []
  return filter.split(' and ').map(part => {
    const [, property, quoted, bare] = condition.exec(part.trim()) ?? []
    if (property === undefined)
      throw new GraphError(
        400,
        'Request_UnsupportedQuery',
        `Unsupported or invalid query filter clause: ${part}.`,
      )
    return [property, quoted?.replaceAll("''", "'") ?? bare ?? '']
  })
}

function pick(item: Readonly<Record<string, unknown>>, properties: readonly string[]) {
  return Object.fromEntries(properties.filter(name => name in item).map(name => [name, item[name]]))
}
