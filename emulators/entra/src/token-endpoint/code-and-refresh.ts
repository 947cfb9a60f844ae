import type { Platform } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { authenticate, type Client, type TokenRequest } from '../oauth/client.ts'
import type { Form } from '../oauth/form.ts'
import { readScopes } from '../oauth/scopes.ts'
import type { ClientAuthentication } from '../tokens/access-token.ts'
import { grantForUser, type TokenResponse } from './user-grant.ts'

/** Redeems a code (RFC 7636; https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow). */
export async function grantByCode(request: TokenRequest): Promise<TokenResponse> {
  const { entra, form, client } = request
  const code = entra.grants.findCode(form.required('code'), client.principal.appId)
  const authentication = await authenticateOn[code.platform](request)
  const redirectUri = form.required('redirect_uri')
  entra.grants.redeemCode(code, redirectUri, form.optional('code_verifier'))
  const scope = form.optional('scope') ?? code.scope
  return grantForUser(request, { ...code, scope, authentication })
}

/** Redeems the code of a device (RFC 8628), which has no credential. */
export async function grantByDeviceCode(request: TokenRequest): Promise<TokenResponse> {
  const { entra, form, client } = request
  if (!client.application?.isFallbackPublicClient) throw refusal(7000218)
  const platform = 'publicClient'
  const authentication = await authenticateOn[platform](request)
  const grant = entra.grants.redeemDeviceCode(form.required('device_code'), client.principal.appId)
  return grantForUser(request, { ...grant, platform, sessionId: '', authentication })
}

/** Renews a user's tokens by a refresh token. */
export async function grantByRefreshToken(request: TokenRequest): Promise<TokenResponse> {
  const { entra, form, client } = request
  const grant = entra.grants.findRefreshToken(form.required('refresh_token'), client.principal.appId)
  const authentication = await authenticateOn[grant.platform](request)
  entra.grants.checkRefreshToken(grant)
  const scope = form.optional('scope') ?? scopeOfGrant(entra, grant.scope, client)
  return grantForUser(request, { ...grant, scope, authentication })
}

/** The scope of a refresh that names none. A client that is its own API must name it, unless signed in for it by client id. */
function scopeOfGrant(entra: Entra, scope: string, { principal }: Client): string {
  const { application, identifier } = readScopes(entra, scope).resource
  const { appId: client, displayName: name } = principal
  if (application.appId === client && identifier !== client) throw refusal(90009, { client, name })
  return scope
}

type Authenticate = (request: TokenRequest) => Promise<ClientAuthentication>

/** How an application proves that it may redeem, by the platform of its redirect URI. */
const authenticateOn: Readonly<Record<Platform, Authenticate>> = {
  async spa({ form, client, origin }) {
    refuseCredential(form)
    if (origin === undefined) throw refusal(9002327)
    if (!allowsOrigin(client.application?.spa.redirectUris ?? [], origin)) throw refusal(9002326, { origin })
    return 'none'
  },
  async web(request) {
    refuseOrigin(request)
    return authenticate(request)
  },
  async publicClient(request) {
    refuseCredential(request.form)
    refuseOrigin(request)
    return 'none'
  },
}

function refuseOrigin({ origin }: TokenRequest): void {
  if (origin !== undefined) throw refusal(9002326, { origin })
}

function refuseCredential(form: Form): void {
  if (form.optional('client_secret') ?? form.optional('client_assertion')) throw refusal(700025)
}

/** Whether an origin is that of one of these redirect URIs. */
export function allowsOrigin(redirectUris: readonly string[], origin: string): boolean {
  return redirectUris.some(uri => URL.parse(uri)?.origin === origin)
}
