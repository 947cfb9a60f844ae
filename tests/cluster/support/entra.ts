import { Agent, fetch } from 'undici'
import { identities } from '../../support/identities.ts'
import type { Demo } from './demo.ts'

export interface LoggedRequest {
  readonly receivedAt: string
  readonly leg?: string
  readonly status: number | null
}

/** What the Entra emulator does beyond Entra, by its control plane. */
export class EntraControls {
  readonly #origin: string
  readonly #dispatcher: Agent

  private constructor(origin: string, authority: string) {
    this.#origin = origin
    this.#dispatcher = new Agent({ connect: { ca: authority, servername: 'entra.localhost' } })
  }

  static async of(demo: Demo): Promise<EntraControls> {
    await demo.openEntra()
    const jsonPath = 'jsonpath={.data.ca\\.crt}'
    const authority = await demo.namespace.kubectl('get', 'configmap', 'emulator-authority', '-o', jsonPath)
    return new EntraControls(`https://localhost:${demo.ports.entra}`, authority)
  }

  /** Tc: what the page holds after Ada has signed in. */
  async signIn(): Promise<string> {
    const { pageAppId, blueprintAppId, ada } = identities
    const order = {
      client: pageAppId,
      resource: blueprintAppId,
      user: ada.oid,
      scopes: ['access_as_user'],
    }
    const { access_token: token } = (await this.#send('POST', 'tokens', order)) as { access_token: string }
    return token
  }

  /** Lifetime of the tokens that it issues from now on. */
  async setTokenLifetime(tokenLifetimeSeconds: number): Promise<void> {
    await this.#send('PATCH', 'settings', { tokenLifetimeSeconds })
  }

  /** The latest requests, oldest first. */
  async requests(): Promise<readonly LoggedRequest[]> {
    const { requests } = (await this.#send('GET', 'requests')) as { requests: LoggedRequest[] }
    return requests
  }

  async #send(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#origin}/emulator/${path}`, {
      method,
      dispatcher: this.#dispatcher,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.status === 204 ? undefined : response.json()
  }
}
