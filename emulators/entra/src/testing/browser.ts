import { createHash, randomBytes } from 'node:crypto'
import { tenant } from '@entra-bedrock-agent/demo-tenant'
import {
  blueprintAppId,
  requestToken,
  spaAppId,
  type TestEntra,
  type TokenResponse,
  tenantId,
} from './start-entra.ts'

export const redirectUri = 'http://localhost:3001/auth/redirect.html'
export const pageOrigin = 'http://localhost:3001'
export const ada = tenant.users.ada.id
export const ben = tenant.users.ben.id

/** A minimal browser: keeps cookies, submits forms, and does not follow redirects. */
export class Browser {
  readonly #entra: TestEntra
  #cookie: string | undefined

  constructor(entra: TestEntra) {
    this.#entra = entra
  }

  authorizeUrl(parameters: Readonly<Record<string, string>> = {}): string {
    const query = new URLSearchParams({
      client_id: spaAppId,
      response_type: 'code',
      response_mode: 'fragment',
      redirect_uri: redirectUri,
      scope: `api://${blueprintAppId}/access_as_user openid profile offline_access`,
      state: 'the-state|with=signs',
      nonce: 'the-nonce',
      client_info: '1',
      ...parameters,
    })
    return `${this.#entra.url}/${tenantId}/oauth2/v2.0/authorize?${query}`
  }

  async visit(url: string): Promise<Response> {
    return this.#send(url, { method: 'GET' })
  }

  async submit(url: string, fields: Readonly<Record<string, string>>): Promise<Response> {
    return this.#send(url, { method: 'POST', body: new URLSearchParams(fields) })
  }

  async #send(url: string, init: RequestInit): Promise<Response> {
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: this.#cookie === undefined ? {} : { cookie: this.#cookie },
    })
    const cookie = response.headers.getSetCookie()[0]?.split(';', 1)[0]
    if (cookie !== undefined) this.#cookie = cookie
    return response
  }
}

/** The parameters that a redirect passes to the page. */
export function readRedirect(response: Response): Record<string, string> {
  const location = response.headers.get('location') ?? ''
  const [address, fragment] = location.split('#')
  const parameters = new URLSearchParams(fragment ?? address?.split('?')[1] ?? '')
  return Object.fromEntries(parameters)
}

export function makeVerifier(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** Signs a user in on the sign-in page and redeems the code, as the product's page does. */
export async function signIn(
  entra: TestEntra,
  user: string,
  parameters: Readonly<Record<string, string>> = {},
  browser = new Browser(entra),
): Promise<TokenResponse> {
  const { verifier, challenge } = makeVerifier()
  const url = browser.authorizeUrl({
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...parameters,
  })
  const { code = '' } = readRedirect(await browser.submit(url, { account: user }))
  return redeem(entra, code, { code_verifier: verifier })
}

export async function redeem(
  entra: TestEntra,
  code: string,
  fields: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = { origin: pageOrigin },
): Promise<TokenResponse> {
  return requestToken(
    entra,
    {
      client_id: spaAppId,
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      client_info: '1',
      ...fields,
    },
    headers,
  )
}
