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

  /** @param authorization the header, by which a client may send its id and secret instead of fields (RFC 6749 §2.3.1) */
  constructor(body: unknown, authorization?: string) {
    this.#fields = new URLSearchParams(body instanceof URLSearchParams ? body : undefined)
    for (const [name, value] of readBasic(authorization))
      if (this.#fields.get(name) !== value) this.#fields.append(name, value)
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

function readBasic(authorization = ''): readonly (readonly [string, string])[] {
  const [, encoded] = /^basic ([a-z0-9+/]+=*)$/i.exec(authorization) ?? []
  if (encoded === undefined) return []
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':')
  // Both were encoded as fields of a form, before they were put together.
  const fields = new URLSearchParams(`client_id=${id}&client_secret=${secret.join(':')}`)
  return [...fields].filter(([name]) => name === 'client_id' || name === 'client_secret')
}
