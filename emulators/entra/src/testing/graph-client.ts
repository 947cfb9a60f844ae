import * as wellKnown from '@entra-agents/trace/well-known'
import { beforeEach } from 'vitest'
import { requestCustomToken, sendJson } from './requests.ts'
import { seedIds } from './seed-ids.ts'
import {
  requestToken,
  setupAppId,
  startEntraForFile,
  type TestEntra,
  type TokenResponse,
} from './start-entra.ts'

type Headers = Readonly<Record<string, string>>

/** One emulator for all tests of a file, and a client that calls its Graph as the set-up application. */
export async function startGraphForFile() {
  const entra = await startEntraForFile()
  const graph = new GraphClient(entra)
  beforeEach(() => graph.signIn())
  return { entra, graph }
}

export const adaAsSponsor = {
  'sponsors@odata.bind': [`https://graph.microsoft.com/v1.0/users/${seedIds.ada}`],
}

/** Calls Graph as the set-up application, or with other headers. */
export class GraphClient {
  readonly #entra: TestEntra
  #bearer: Headers = {}

  constructor(entra: TestEntra) {
    this.#entra = entra
  }

  async signIn(): Promise<void> {
    const { body } = await requestToken(this.#entra, {
      client_id: setupAppId,
      client_secret: 'setup-secret',
      grant_type: 'client_credentials',
      scope: 'https://graph.microsoft.com/.default',
    })
    this.#bearer = { authorization: `Bearer ${body.access_token}` }
  }

  /** The headers of another caller: Ada with scopes, or an application with roles. */
  async as(order: {
    client?: string
    scopes?: readonly string[]
    roles?: readonly string[]
  }): Promise<Headers> {
    const user = order.scopes && seedIds.ada
    const token = { client: setupAppId, resource: wellKnown.graphUri, user, ...order }
    return { authorization: `Bearer ${await requestCustomToken(this.#entra, token)}` }
  }

  send(
    method: string,
    path: string,
    body?: unknown,
    bearer = this.#bearer,
    headers: Headers = {},
  ): Promise<TokenResponse> {
    return sendJson(this.#entra, method, path, body, { 'odata-version': '4.0', ...bearer, ...headers })
  }

  post(path: string, body: unknown, headers = this.#bearer): Promise<TokenResponse> {
    return this.send('POST', `/v1.0${path}`, body, headers)
  }

  patch(path: string, body: unknown): Promise<TokenResponse> {
    return this.send('PATCH', `/v1.0${path}`, body)
  }

  remove(path: string): Promise<TokenResponse> {
    return this.send('DELETE', `/v1.0${path}`)
  }

  /** Makes a blueprint with Ada as its sponsor. */
  async newBlueprint(): Promise<TokenResponse['body']> {
    const blueprint = { displayName: 'Another blueprint', ...adaAsSponsor }
    const { body } = await this.post('/applications/microsoft.graph.agentIdentityBlueprint', blueprint)
    return body
  }

  /** Enables or disables the object at this path. */
  enable(path: string, accountEnabled: boolean): Promise<TokenResponse> {
    return this.patch(path, { accountEnabled })
  }

  /** GETs a path and returns the body. */
  async read(path: string): Promise<TokenResponse['body']> {
    return (await this.send('GET', `/v1.0${path}`)).body
  }
}
