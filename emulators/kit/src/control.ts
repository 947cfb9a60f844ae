import type { FastifyInstance } from 'fastify'

/** What the emulator refuses, in the words of Entra if Entra does. */
export class EntraRefusal extends Error {
  override readonly name = 'EntraRefusal'
  /** The AADSTS code, if Entra refuses. */
  readonly aadsts: number | undefined
  /** The whole response: OAuth's `error`, `error_description` and `claims`, or a problem document (RFC 9457). */
  readonly body: Readonly<Record<string, unknown>>

  constructor(body: Readonly<Record<string, unknown>>) {
    super(String(body['error_description'] ?? body['detail']))
    this.aadsts = [body['error_codes']].flat().find(code => typeof code === 'number')
    this.body = body
  }
}

/** @internal Posts to the control plane of an emulator in this process, which checks what it gets. @throws {EntraRefusal} */
export async function post(app: FastifyInstance, path: string, payload: object) {
  const headers = { host: 'localhost' }
  const response = await app.inject({ method: 'POST', url: `/emulator/${path}`, payload, headers })
  if (response.statusCode < 400) return response.json()
  throw new EntraRefusal(response.json())
}
