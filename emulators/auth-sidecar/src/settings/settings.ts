type Variables = Readonly<Record<string, string | undefined>>

/**
 * Settings as .NET reads them (learn.microsoft.com/aspnet/core/fundamentals/configuration): names in any case, `__` for `:`,
 * list items as numbered children (`Scopes__0`), and empty values as unset.
 */
export class Settings {
  /** Original spelling and value of each path, by the path in lower case. */
  readonly #values = new Map<string, { readonly path: string; readonly value: string }>()

  constructor(variables: Variables) {
    for (const [name, value] of Object.entries(variables)) {
      const path = name.replaceAll('__', ':')
      if (value) this.#values.set(path.toLowerCase(), { path, value })
    }
  }

  text(path: string): string | undefined {
    return this.#values.get(path.toLowerCase())?.value
  }

  /** `true` or `false` in upper or lower case; anything else counts as unset. */
  flag(path: string): boolean | undefined {
    const value = this.text(path)?.trim().toLowerCase()
    return value === 'true' ? true : value === 'false' ? false : undefined
  }

  /** The numbered children of a path, in order; `undefined` when there is none. */
  list(path: string): readonly string[] | undefined {
    const items = this.childNames(path)
      .filter(name => /^\d+$/.test(name))
      .sort((a, b) => Number(a) - Number(b))
      .flatMap(name => this.text(`${path}:${name}`) ?? [])
    return items.length > 0 ? items : undefined
  }

  /** The names right below a path, as they were spelt. */
  childNames(path: string): readonly string[] {
    const prefix = `${path.toLowerCase()}:`
    const names = new Map<string, string>()
    for (const [key, { path: spelt }] of this.#values) {
      const name = key.startsWith(prefix) ? spelt.slice(prefix.length).split(':', 1)[0] : undefined
      if (name && !names.has(name.toLowerCase())) names.set(name.toLowerCase(), name)
    }
    return [...names.values()]
  }
}
