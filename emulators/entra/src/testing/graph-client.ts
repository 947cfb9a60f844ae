import { sendJson } from './requests.ts'
import { requestToken, setupAppId, type TestEntra, type TokenResponse } from './start-entra.ts'

type Headers = Readonly<Record<string, string>>

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

  /** GETs a path and returns the body. */
  async read(path: string): Promise<TokenResponse['body']> {
    return (await this.send('GET', `/v1.0${path}`)).body
  }
}
