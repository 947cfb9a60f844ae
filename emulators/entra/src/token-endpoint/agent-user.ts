import type { User } from '../directory/objects.ts'
import { wellKnown } from '../directory/well-known.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { checkLifetime, readAssertion } from '../oauth/assertions.ts'
import { authenticate, type Client, type TokenRequest } from '../oauth/client.ts'
import type { Form } from '../oauth/form.ts'
import { readOwnToken } from '../tokens/jwt.ts'
import { grantForUser, type TokenResponse } from './user-grant.ts'

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

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
  readAssertion(jwt)
  const claims = await readOwnToken(entra, jwt)
  if (!claims) throw refusal(50013, { why: 'its key or issuer is not known here' })
  if (claims.aud !== wellKnown.tokenExchangeAudience)
    throw refusal(50013, { why: 'its audience is not the token exchange' })
  if (claims['azp'] !== principal.appId || claims.sub !== principal.id)
    throw refusal(50013, { why: `it is not the exchange token of '${principal.appId}'` })
  checkLifetime(entra, claims, 500133)
}

function findAgentUser(entra: Entra, form: Form, { principal }: Client): User {
  const name = form.optional('username')
  const key = name ?? form.required('user_id')
  if (name === undefined && !guid.test(key)) throw refusal(50000)
  const user = entra.directory.user(key)
  if (!user) throw refusal(50034, { user: key, tenant: entra.config.tenantId })
  if (user.identityParentId === principal.id) return user
  // Entra's code in this case is not known. This one is of an assertion for another agent.
  throw refusal(7002137, {}, { text: 'Emulator: the user is not the account of this agent.' })
}
