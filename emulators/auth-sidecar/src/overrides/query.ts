/** A query string read as ASP.NET Core reads it: names in any case, several values for one name. */
export class Query {
  readonly #values = new Map<string, string[]>()

  constructor(url: string) {
    const start = url.indexOf('?')
    if (start < 0) return
    for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
      const key = name.toLowerCase()
      const values = this.#values.get(key)
      if (values) values.push(value)
      else this.#values.set(key, [value])
    }
  }

  /** All values of a name; several are joined by commas, as binding to one string does. */
  text(name: string): string | undefined {
    return this.#values.get(name.toLowerCase())?.join(',')
  }

  /** Names in lower case that begin with a prefix (lower case), without it, each with its values. */
  *startingWith(prefix: string): Generator<readonly [name: string, values: readonly string[]]> {
    for (const [name, values] of this.#values) {
      if (name.startsWith(prefix)) yield [name.slice(prefix.length), values]
    }
  }
}
