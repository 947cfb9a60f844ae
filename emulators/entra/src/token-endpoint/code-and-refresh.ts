import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { authenticate, type Client } from '../oauth/client.ts'
import type { Form } from '../oauth/form.ts'
import type { ClientAuthentication } from '../tokens/access-token.ts'
import type { TokenResponse } from './response.ts'
import { grantForUser } from './user-grant.ts'

/** Redeems a code or a refresh token (RFC 7636; https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow). */
export async function grantByCodeOrRefresh(
  entra: Entra,
  form: Form,
  client: Client,
  origin: string | undefined,
): Promise<TokenResponse> {
  const isCode = form.required('grant_type') === 'authorization_code'
  const credential = form.required(isCode ? 'code' : 'refresh_token')
  const redirectUri = isCode ? form.required('redirect_uri') : ''
  const authentication = await authenticatePage(entra, form, client, origin)
  const clientId = client.principal.appId
  const verifier = form.optional('code_verifier')
  const grant = isCode
    ? entra.grants.redeemCode(credential, { clientId, redirectUri, verifier })
    : entra.grants.useRefreshToken(credential, clientId)
  const scope = form.optional('scope') ?? grant.scope
  return grantForUser(entra, form, { ...grant, scope, client, authentication })
}

/** A single-page application has no credential; its origin is checked instead. Other clients authenticate. */
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
