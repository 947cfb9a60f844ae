import { createHash, randomBytes } from 'node:crypto'
import { seedIds } from './seed-ids.ts'
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
export const { ada, ben } = seedIds

/** The parameters of a sign-in that differ from the page's; `undefined` leaves one out. */
type Parameters = Readonly<Record<string, string | undefined>>
type Fields = Readonly<Record<string, string>>

/** The verifier of the page's sign-ins (RFC 7636). */
const { verifier, challenge } = makeVerifier()

/** A minimal browser: keeps cookies, submits forms, and does not follow redirects. */
export class Browser {
  readonly #entra: TestEntra
  #cookie: string | undefined

  constructor(entra: TestEntra) {
    this.#entra = entra
  }

  authorizeUrl(parameters: Parameters = {}): string {
    const query = new URLSearchParams({
      client_id: spaAppId,
      response_type: 'code',
      response_mode: 'fragment',
      redirect_uri: redirectUri,
      scope: `api://${blueprintAppId}/access_as_user openid profile offline_access`,
      state: 'the-state|with=signs',
      nonce: 'the-nonce',
      client_info: '1',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    for (const [name, value] of Object.entries(parameters)) {
      if (value === undefined) query.delete(name)
      else query.set(name, value)
    }
    return `${this.#entra.url}/${tenantId}/oauth2/v2.0/authorize?${query}`
  }

  /** Opens the sign-in page. */
  open(parameters: Parameters = {}): Promise<Response> {
    return this.visit(this.authorizeUrl(parameters))
  }

  /** Submits the form of the sign-in page, by default to sign Ada in. */
  answer(fields: Fields = {}, parameters: Parameters = {}): Promise<Response> {
    return this.submit(this.authorizeUrl(parameters), { account: ada, ...fields })
  }

  async visit(url: string): Promise<Response> {
    return this.#send(url, { method: 'GET' })
  }

  async submit(url: string, fields: Fields): Promise<Response> {
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
  parameters: Parameters = {},
  browser = new Browser(entra),
): Promise<TokenResponse> {
  const { code = '' } = readRedirect(await browser.answer({ account: user }, parameters))
  return redeem(entra, code)
}

export async function redeem(
  entra: TestEntra,
  code: string,
  fields: Fields = {},
  headers: Fields = { origin: pageOrigin },
): Promise<TokenResponse> {
  const rest = { client_id: spaAppId, redirect_uri: redirectUri, client_info: '1', code_verifier: verifier }
  return requestToken(entra, { grant_type: 'authorization_code', code, ...rest, ...fields }, headers)
}

/** Renews a user's tokens, as the product's page does. */
export async function refresh(
  entra: TestEntra,
  refreshToken: string,
  fields: Fields = {},
): Promise<TokenResponse> {
  const rest = { client_id: spaAppId, grant_type: 'refresh_token', refresh_token: refreshToken }
  return requestToken(entra, { ...rest, ...fields }, { origin: pageOrigin })
}
