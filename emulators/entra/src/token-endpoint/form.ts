import { refusal } from '../errors/entra-error.ts'

/** The fields of a token request. Absent and empty are the same; a field that comes twice is refused. */
export class Form {
  readonly #fields: URLSearchParams

  constructor(body: unknown) {
    this.#fields = body instanceof URLSearchParams ? body : new URLSearchParams()
    for (const name of this.#fields.keys()) {
      if (this.#fields.getAll(name).length > 1) throw refusal(9000411, { parameter: name })
    }
  }

  optional(name: string): string | undefined {
    return this.#fields.get(name) || undefined
  }

  required(name: string): string {
    const value = this.optional(name)
    if (value === undefined) throw refusal(900144, { parameter: name })
    return value
  }
}
