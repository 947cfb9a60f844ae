type Values = Readonly<Record<string, unknown>>

/** Arguments are taken apart down to this level. No tool nests deeper; deeper values are shown as JSON. */
const deepestLevel = 6

/** A call within a sentence: “create an alert” if its title is verb and singular noun (`Create alert`), else “call list_alerts”. */
export function tellAct(title: string): string {
  const [, verb, noun] = /^([A-Z]?[a-z]+)[ _]([a-z]+)$/.exec(title) ?? []
  if (!verb || !noun || noun.endsWith('s')) return `call ${title}`
  return `${verb.toLowerCase()} ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
}

/** The values of a call as plain texts, without their names. */
export function tellValues(values: Values): string {
  return valuesIn(values, 0).map(textOf).join(', ')
}

function valuesIn(value: unknown, level: number): unknown[] {
  const members = typeof value === 'object' && value !== null ? Object.values(value) : []
  if (members.length === 0 || level > deepestLevel) return level === 0 ? [] : [value]
  return members.flatMap(member => valuesIn(member, level + 1))
}

/** A string as it is, another value as JSON. Some engines cannot write thousands of levels. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return '…'
  }
}
