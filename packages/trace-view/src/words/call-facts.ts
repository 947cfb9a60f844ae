/** One value among a call's arguments. Its name is its path in words: “When · celsius” for `when.celsius`. */
export interface CallFact {
  readonly name: string
  readonly value: string
}

type Values = Readonly<Record<string, unknown>>

/** Arguments are taken apart down to this level. No tool nests deeper; deeper values are shown as JSON. */
const deepestLevel = 6

/** All values among a call's arguments, uncut. Names are put into words unless two of them would become the same. */
export function callFacts(values: Values): CallFact[] {
  const facts = flatten(values, [])
  const worded = facts.map(({ path }) => path.map(spacedWords).join(' · '))
  return facts.map(({ path, value }, index) => {
    const words = worded[index] ?? ''
    const isAlone = worded.filter(other => other === words).length === 1
    return { name: isAlone ? capitalised(words) : path.join('.'), value }
  })
}

/** A call in one line: its title, then its values. */
export function tellCallShortly(title: string, values: Values): string {
  return [title, ...flatten(values, []).map(({ value }) => value)].join(', ')
}

/** A call within a sentence: “create an alert” if its title is verb and singular noun (`Create alert`), else “call list_alerts”. */
export function tellAct(title: string): string {
  const [, verb, noun] = /^([A-Z]?[a-z]+)[ _]([a-z]+)$/.exec(title) ?? []
  if (!verb || !noun || noun.endsWith('s')) return `call ${title}`
  return `${verb.toLowerCase()} ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
}

/** The values of a call as plain texts, without their names. */
export function tellValues(values: Values): string {
  return flatten(values, [])
    .map(({ raw, value }) => (typeof raw === 'string' ? raw : value))
    .join(', ')
}

interface ValueAtPath {
  readonly path: readonly string[]
  readonly value: string
  readonly raw: unknown
}

function flatten(value: unknown, path: readonly string[]): ValueAtPath[] {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : []
  if (members.length === 0 || path.length > deepestLevel)
    return path.length === 0 ? [] : [{ path, value: textOf(value), raw: value }]
  return members.flatMap(([name, member]) =>
    flatten(member, [...path, Array.isArray(value) ? `${Number(name) + 1}` : name]),
  )
}

/** A value as text; a string that could be taken for another kind of value, or for no value, is quoted. */
function textOf(value: unknown): string {
  if (typeof value !== 'string') return jsonOf(value)
  const isPlain = value.trim() === value && value !== '' && !isJson(value)
  return isPlain ? value : JSON.stringify(value)
}

/** The JSON of a value. Some engines cannot write thousands of levels. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return '…'
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** "untilDate" and "until_date" as "until date"; a name of any other kind as it is. */
function spacedWords(name: string): string {
  if (!/^[A-Za-z][\w-]*$/.test(name)) return name
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase()
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
