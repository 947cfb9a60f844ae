import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { checkLifetime, readAssertion } from '../oauth/assertions.ts'
import { authenticate, type Client, type TokenRequest } from '../oauth/client.ts'
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
  readAssertion(jwt)
  const claims = await readOwnToken(entra, jwt)
  if (!claims) throw refusal(50013, { why: 'its key or issuer is not known here' })
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
