import { isGuid } from '@entra-agents/service-kit'
import * as wellKnown from '@entra-agents/trace/well-known'
import type { Platform, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { checkLifetime, readAssertion } from '../oauth/assertions.ts'
import { authenticate, type Client, readScopes, type TokenRequest } from '../oauth/client.ts'
import type { Form } from '../oauth/form.ts'
import type { ClientAuthentication } from '../tokens/access-token.ts'
import { type Claims, readOwnToken } from '../tokens/jwt.ts'
import { grantForUser, type TokenResponse } from './grant-tokens.ts'

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

/** Exchanges a user's token for one for the next API (https://learn.microsoft.com/entra/agent-id/agent-on-behalf-of-oauth-flow). */
export async function grantOnBehalfOf(request: TokenRequest): Promise<TokenResponse> {
  const { entra, form, client } = request
  const use = form.required('requested_token_use')
  if (use !== 'on_behalf_of')
    throw refusal(70003, { grantType: `jwt-bearer with requested_token_use ${use}` })
  const assertion = form.required('assertion')
  const scope = form.required('scope')
  const authentication = await authenticate(request)
  const claims = await checkUserToken(entra, assertion, client)
  return grantForUser(request, {
    authentication,
    userId: String(claims['oid']),
    sessionId: String(claims['sid'] ?? ''),
    scope,
    withholdsContexts: !entra.settings.current.carriesContexts,
  })
}

/** Checks that Tc is a user's token that this tenant issued for the client, or for an agent's blueprint, and has not expired. */
async function checkUserToken(entra: Entra, jwt: string, { principal }: Client): Promise<Claims> {
  const claims = await requireOwnToken(entra, jwt)
  const blueprintId = principal.agentIdentityBlueprintId
  const client = blueprintId ?? principal.appId
  const audience = String(claims.aud)
  const accepted = [client, ...(entra.directory.application(client)?.identifierUris ?? [])]
  if (!accepted.includes(audience)) {
    throw blueprintId === null
      ? refusal(500131, { audience, client })
      : refusal(50013, { why: `its audience '${audience}' is not the blueprint '${client}'` })
  }
  checkLifetime(entra, claims, 500133)
  if (typeof claims['scp'] !== 'string') throw refusal(7000114, { client: principal.appId })
  return claims
}

/**
 * A token for an agent's own user account: the agent authenticates with T1 and presents its own exchange token, T2
 * (https://learn.microsoft.com/entra/agent-id/agent-user-oauth-flow).
 */
export async function grantAgentUser(request: TokenRequest): Promise<TokenResponse> {
  const { entra, form, client } = request
  const t2 = form.required('user_federated_identity_credential')
  const scope = form.required('scope')
  if (client.principal.kind !== 'agentIdentity') throw refusal(82002, { client: client.principal.appId })
  const authentication = await authenticate(request)
  await checkT2(entra, t2, client)
  const { id: userId } = findAgentUser(entra, form, client)
  return grantForUser(request, { authentication, userId, sessionId: '', scope })
}

/** Checks that T2 was issued by this tenant to this agent, for the token exchange, and has not expired. */
async function checkT2(entra: Entra, jwt: string, { principal }: Client): Promise<void> {
  const claims = await requireOwnToken(entra, jwt)
  if (claims.aud !== wellKnown.tokenExchangeAudience)
    throw refusal(50013, { why: 'its audience is not the token exchange' })
  if (claims['azp'] !== principal.appId || claims.sub !== principal.id)
    throw refusal(50013, { why: `it is not the exchange token of '${principal.appId}'` })
  checkLifetime(entra, claims, 500133)
}

function findAgentUser(entra: Entra, form: Form, { principal }: Client): User {
  const name = form.optional('username')
  const key = name ?? form.required('user_id')
  if (name === undefined && !isGuid(key)) throw refusal(50000)
  const user = entra.directory.user(key)
  if (!user) throw refusal(50034, { user: key, tenant: entra.config.tenantId })
  if (user.identityParentId === principal.id) return user
  // Entra's code in this case is not known. This one is of an assertion for another agent.
  throw refusal(7002137, {}, { text: 'Emulator: the user is not the account of this agent.' })
}

async function requireOwnToken(entra: Entra, jwt: string) {
  readAssertion(jwt)
  const claims = await readOwnToken(entra, jwt)
  if (!claims) throw refusal(50013, { why: 'its key or issuer is not known here' })
  return claims
}
