import { createHash, randomBytes } from 'node:crypto'
import { identities } from './identities.ts'

export interface SignInOptions {
  readonly entraUrl: string
  readonly redirectUri: string
  /** The user's object id. */
  readonly user: string
  /** What the token has to prove (JSON text of a claims request). The second factor is given if the page asks for it. */
  readonly claims?: string | undefined
  /** Ids of page and blueprint. Default: the demo's. */
  readonly ids?: { readonly pageAppId: string; readonly blueprintAppId: string }
}

/** Signs a user in at the emulator of Entra, by HTTP as the page does, and returns the user’s token (Tc). */
export async function signIn({ entraUrl, redirectUri, user, claims, ids }: SignInOptions): Promise<string> {
  const { tenantId } = identities
  const { pageAppId, blueprintAppId } = ids ?? identities
  const endpoint = `${entraUrl}/${tenantId}/oauth2/v2.0`
  const scope = `api://${blueprintAppId}/access_as_user openid profile offline_access`
  const verifier = randomBytes(32).toString('base64url')
  const asked = new URLSearchParams({
    client_id: pageAppId,
    response_type: 'code',
    response_mode: 'fragment',
    redirect_uri: redirectUri,
    scope,
    state: 'state',
    nonce: 'nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(claims === undefined ? {} : { claims }),
  })
  const chosen = await chooseAccount(`${endpoint}/authorize?${asked}`, user)
  const [, fragment] = chosen.headers.get('location')?.split('#') ?? []
  const code = new URLSearchParams(fragment).get('code')
  if (!code) throw new Error(`Nobody could sign in: ${chosen.status} ${await chosen.text()}`)
  const redeemed = await fetch(`${endpoint}/token`, {
    method: 'POST',
    headers: { origin: new URL(redirectUri).origin },
    body: new URLSearchParams({
      client_id: pageAppId,
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: redirectUri,
      scope,
    }),
  })
  const tokens = (await redeemed.json()) as { access_token?: string }
  if (!tokens.access_token) throw new Error(`No token came: ${JSON.stringify(tokens)}`)
  return tokens.access_token
}

/** Chooses the account on a page of Entra, and answers what the page asks next: by default for the second factor. */
export async function chooseAccount(
  url: string,
  account: string,
  answer: Readonly<Record<string, string>> = { factor: 'approve' },
): Promise<Response> {
  const submit = (fields: Readonly<Record<string, string>>, cookie = '') =>
    fetch(url, { method: 'POST', headers: { cookie }, body: new URLSearchParams(fields), redirect: 'manual' })
  const chosen = await submit({ account })
  if (chosen.status !== 200) return chosen
  const [cookie = ''] = chosen.headers.getSetCookie()[0]?.split(';', 1) ?? []
  return submit({ account, ...answer }, cookie)
}
