import type { FastifyInstance } from 'fastify'
import { refusal } from '../errors/entra-error.ts'

const bodyLimit = 128 * 1024

/** Lets the routes of a plugin parse form bodies to `URLSearchParams`, and ignore other bodies. */
export function acceptFormBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit },
    async (_request: unknown, body: string) => new URLSearchParams(body),
  )
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, async () => undefined)
}

/** The fields of a token request. An empty field counts as missing; a repeated one is refused. */
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
