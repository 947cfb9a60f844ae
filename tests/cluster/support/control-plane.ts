import { type Dispatcher, fetch } from 'undici'

interface RequestOptions {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A client of an emulator's control plane. */
export class ControlPlane {
  readonly #origin: string
  readonly #dispatcher: Dispatcher | undefined

  constructor(origin: string, dispatcher?: Dispatcher) {
    this.#origin = origin
    this.#dispatcher = dispatcher
  }

  /** Replaces the injected faults; without arguments, clears them. */
  async setFaults(...faults: readonly object[]): Promise<void> {
    await this.send('PUT', '/emulator/faults', { body: { faults } })
  }

  async changeSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    await this.send('PATCH', '/emulator/settings', { body: settings })
  }

  /** @throws for responses other than 2xx */
  async send(method: string, path: string, { body, headers }: RequestOptions = {}): Promise<unknown> {
    const response = await fetch(`${this.#origin}${path}`, {
      method,
      ...(this.#dispatcher ? { dispatcher: this.#dispatcher } : {}),
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.status === 204 ? undefined : response.json()
  }
}
