/** A string of a JSON text, with the colon behind it if it is the name of a member; or a brace that is in no string. The closing quote is always there; if it had to be, a text without it would take quadratic time. */
const stringOrBrace = /("[^"\\]*(?:\\.[^"\\]*)*"?)(\s*:)?|[{}]/g

/**
 * Whether an object in a JSON text, at any depth, has two members of the same name, however the names are spelt. `JSON.parse`
 * takes the last of them, other parsers the first (RFC 8259 §4), so that two readers of one token would read different claims.
 *
 * @param json a text that `JSON.parse` accepts
 */
export function hasRepeatedNames(json: string): boolean {
  const open: Set<unknown>[] = []
  for (const [found, text = '', colon] of json.matchAll(stringOrBrace)) {
    if (found === '{') open.push(new Set())
    else if (found === '}') open.pop()
    else if (colon !== undefined) {
      const name: unknown = text.includes('\\') ? JSON.parse(text) : text.slice(1, -1)
      const names = open.at(-1)
      if (names?.has(name)) return true
      names?.add(name)
    }
  }
  return false
}
