import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { authenticate, type Client } from '../oauth/client.ts'
import type { Form } from '../oauth/form.ts'
import type { ClientAuthentication } from '../tokens/access-token.ts'
import type { TokenResponse } from './response.ts'
import { grantForUser } from './user-grant.ts'

/** A single-page application redeems its code (RFC 7636; https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow). */
export async function grantAuthorizationCode(
  entra: Entra,
  form: Form,
  client: Client,
  origin: string | undefined,
): Promise<TokenResponse> {
  const code = form.required('code')
  const redirectUri = form.required('redirect_uri')
  const authentication = await authenticatePage(entra, form, client, origin)
  const clientId = client.principal.appId
  const verifier = form.optional('code_verifier')
  const grant = entra.grants.redeemCode(code, { clientId, redirectUri, verifier })
  const scope = form.optional('scope') ?? grant.scope
  return grantForUser(entra, form, { ...grant, scope, client, authentication })
}

/** A new access token for somebody who signed in earlier. */
export async function grantRefreshToken(
  entra: Entra,
  form: Form,
  client: Client,
  origin: string | undefined,
): Promise<TokenResponse> {
  const token = form.required('refresh_token')
  const authentication = await authenticatePage(entra, form, client, origin)
  const grant = entra.grants.useRefreshToken(token, client.principal.appId)
  const scope = form.optional('scope') ?? grant.scope
  return grantForUser(entra, form, { ...grant, scope, client, authentication })
}

/** A single-page application has no credential: what counts is the page's origin. Others authenticate. */
async function authenticatePage(
  entra: Entra,
  form: Form,
  client: Client,
  origin: string | undefined,
): Promise<ClientAuthentication> {
  const redirectUris = client.application?.spa.redirectUris ?? []
  if (redirectUris.length === 0) {
    if (origin !== undefined) throw refusal(9002326, { origin })
    return authenticate(entra, form, client)
  }
  if (form.optional('client_secret') ?? form.optional('client_assertion')) throw refusal(700025)
  if (origin === undefined) throw refusal(9002327)
  if (!allowsOrigin(redirectUris, origin)) throw refusal(9002326, { origin })
  return 'none'
}

/** Whether an origin is that of one of these redirect URIs. */
export function allowsOrigin(redirectUris: readonly string[], origin: string): boolean {
  return redirectUris.some(uri => URL.parse(uri)?.origin === origin)
}
