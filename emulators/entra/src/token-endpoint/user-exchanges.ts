import { isGuid } from '@entra-agents/service-kit'
import * as wellKnown from '@entra-agents/trace/well-known'
import type { User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { checkLifetime, readAssertion } from '../oauth/assertions.ts'
import { authenticate, type Client, type TokenRequest } from '../oauth/client.ts'
import type { Form } from '../oauth/form.ts'
import { type Claims, readOwnToken } from '../tokens/jwt.ts'
import { grantForUser, type TokenResponse } from './user-grant.ts'

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
