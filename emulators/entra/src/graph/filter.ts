import { GraphError } from './access.ts'

/** One of the conditions of a `$filter`, all of which an item has to meet. */
export interface Condition {
  /** `a/b` is the property `b` of `a`; if `a` is a list, of any of its items. */
  readonly path: string
  readonly operator: keyof typeof operators | 'any'
  /** One of them has to fit. */
  readonly values: readonly string[]
}

const operators = {
  eq: (value: string, wanted: string) => value.toLowerCase() === wanted.toLowerCase(),
  ne: (value: string, wanted: string) => value.toLowerCase() !== wanted.toLowerCase(),
  ge: (value: string, wanted: string) => Date.parse(value) >= Date.parse(wanted),
  le: (value: string, wanted: string) => Date.parse(value) <= Date.parse(wanted),
  startswith: (value: string, wanted: string) => value.toLowerCase().startsWith(wanted.toLowerCase()),
}

export function meets(item: object, { path, operator, values }: Condition): boolean {
  const fits = operators[operator === 'any' ? 'eq' : operator]
  return valuesAt(item, path).some(value => values.some(wanted => fits(String(value), wanted)))
}

function valuesAt(item: object, path: string): readonly unknown[] {
  const step = (values: readonly unknown[], name: string) =>
    values.flatMap(value => (value as Readonly<Record<string, unknown>> | null | undefined)?.[name])
  return path.split('/').reduce(step, [item])
}

const comparison = /^(?<path>[\w/]+) (?<operator>eq|ne|ge|le) (?<word>(?:'\d+')+|[\w:.+-]+)$/
const start = /^(?<operator>startswith)\((?<path>[\w/]+), ?(?<word>(?:'\d+')+)\)$/i
const lambda = /^(?<list>[\w/]+)\/any\((?<variable>\w+): ?(?<body>.+)\)$/

/** The conditions of a `$filter`: comparisons, `startswith`, and lists of which `any` item equals one of some values, joined by `and`. */
export function readFilter(filter = ''): readonly Condition[] {
  const texts: string[] = []
  // Texts are put aside, since they may contain what separates conditions. One with a doubled quotation mark becomes two side by side.
  const bare = filter.replaceAll(/'([^']*)'/g, (_quoted, text: string) => `'${texts.push(text) - 1}'`)
  if (bare.trim() === '') return []
  const read = (word: string) =>
    word.startsWith("'")
      ? Array.from(word.matchAll(/\d+/g), ([place]) => texts[Number(place)]).join("'")
      : word
  return bare.split(' and ').map(part => {
    const condition = readCondition(part.trim().replace(/^\((.*)\)$/, '$1'), read)
    if (!condition) throw unsupported(part.replaceAll(/(?:'\d+')+/g, word => `'${read(word)}'`).trim())
    return condition
  })
}

function readCondition(part: string, read: (word: string) => string): Condition | undefined {
  const { list, variable = '', body = '' } = lambda.exec(part)?.groups ?? {}
  if (list !== undefined) {
    const inner = body.split(' or ').map(one => readCondition(one, read))
    const [name = '', ...below] = inner[0]?.path.split('/') ?? []
    const isRight = inner.every(one => one?.operator === 'eq' && one.path === inner[0]?.path)
    const values = inner.flatMap(one => one?.values ?? [])
    return isRight && name === variable
      ? { path: [list, ...below].join('/'), operator: 'any', values }
      : undefined
  }
  const { path, operator = '', word = '' } = (comparison.exec(part) ?? start.exec(part))?.groups ?? {}
  if (path === undefined || (/^[gl]e$/.test(operator) && Number.isNaN(Date.parse(word)))) return undefined
  return { path, operator: operator.toLowerCase() as Condition['operator'], values: [read(word)] }
}

export function unsupported(clause: string): GraphError {
  return new GraphError('Request_UnsupportedQuery', `Unsupported or invalid query filter clause: ${clause}.`)
}
