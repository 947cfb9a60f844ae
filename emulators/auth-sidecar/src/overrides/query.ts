export interface QueryParameter {
  /** In lower case. */
  readonly key: string
  readonly name: string
  readonly value: string
}

/** A query string read as ASP.NET Core reads it: names in any case, several values for one name. */
export class Query {
  readonly #parameters: readonly QueryParameter[]

  constructor(url: string) {
    const start = url.indexOf('?')
    this.#parameters =
      start < 0
        ? []
        : Array.from(new URLSearchParams(url.slice(start + 1)), ([name, value]) => ({
            key: name.toLowerCase(),
            name,
            value,
          }))
  }

  /** The value of a name (lower case); several values are joined by commas, as binding to one text does. */
  text(key: string): string | undefined {
    const values = this.#parameters.filter(parameter => parameter.key === key).map(({ value }) => value)
    return values.length > 0 ? values.join(',') : undefined
  }

  /** The parameters whose names begin with a prefix (lower case), with the prefix taken off. */
  below(prefix: string): readonly QueryParameter[] {
    return this.#parameters
      .filter(({ key }) => key.startsWith(prefix))
      .map(({ key, name, value }) => ({
        key: key.slice(prefix.length),
        name: name.slice(prefix.length),
        value,
      }))
  }
}
