type Variables = Readonly<Record<string, string | undefined>>

/**
 * Settings as .NET's configuration reads them from environment variables: names are case-insensitive, `__` in a
 * name stands for `:`, list items are numbered children (`Scopes__0`), and an empty value counts as none.
 * See learn.microsoft.com/aspnet/core/fundamentals/configuration.
 */
export class Settings {
  readonly #values = new Map<string, string>()
  readonly #spellings = new Map<string, string>()

  constructor(variables: Variables) {
    for (const [name, value] of Object.entries(variables)) {
      if (!value) continue
      const path = name.replaceAll('__', ':')
      this.#values.set(path.toLowerCase(), value)
      this.#spellings.set(path.toLowerCase(), path)
    }
  }

  /** The value at a path such as `AzureAd:ClientId`. */
  text(path: string): string | undefined {
    return this.#values.get(path.toLowerCase())
  }

  /** `true` or `false` in any case; anything else counts as unset. */
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

  /** The children of a path that hold a value, by name. */
  values(path: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.childNames(path).flatMap(name => {
        const value = this.text(`${path}:${name}`)
        return value === undefined ? [] : [[name, value]]
      }),
    )
  }

  /** The names right below a path, as they were spelt. */
  childNames(path: string): readonly string[] {
    const prefix = `${path.toLowerCase()}:`
    const names = new Map<string, string>()
    for (const [key, spelling] of this.#spellings) {
      if (!key.startsWith(prefix)) continue
      const name = spelling.slice(prefix.length).split(':', 1)[0] ?? ''
      if (name !== '' && !names.has(name.toLowerCase())) names.set(name.toLowerCase(), name)
    }
    return [...names.values()]
  }
}
