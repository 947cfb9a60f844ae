import type { JWTPayload } from 'jose'
import type { Entra } from '../entra.ts'
import { refusal, timestampOf } from '../errors/entra-error.ts'
import { isWithinLifetime, readOwnToken } from '../tokens/verify.ts'
import type { TokenAnswer } from './answer.ts'
import { authenticate, type Client } from './client.ts'
import { readAssertion } from './client-assertion.ts'
import type { Form } from './form.ts'
import { readScopes } from './scopes.ts'
import { answerForPerson } from './user-tokens.ts'

/**
 * A client trades a person's token for one of its own, for the next API
 * (https://learn.microsoft.com/entra/agent-id/agent-on-behalf-of-oauth-flow).
 */
export async function grantOnBehalfOf(entra: Entra, form: Form, client: Client): Promise<TokenAnswer> {
  const use = form.required('requested_token_use')
  if (use !== 'on_behalf_of')
    throw refusal(70003, { grantType: `jwt-bearer with requested_token_use ${use}` })
  const assertion = form.required('assertion')
  const scope = form.required('scope')
  const proof = await authenticate(entra, form, client)
  const claims = await checkUserToken(entra, assertion, client)
  const user = entra.directory.user(String(claims['oid']))
  if (!user) throw refusal(50034, { user: String(claims['oid']), tenant: entra.config.tenantId })
  return answerForPerson(entra, {
    client,
    proof,
    user,
    sessionId: String(claims['sid'] ?? ''),
    requested: readScopes(entra, scope),
    scope,
    isForSpa: false,
    wantsClientInfo: form.optional('client_info') === '1',
  })
}

/** Checks Tc: signed here, issued for this client – for an agent: for its blueprint –, not expired, a person's. */
async function checkUserToken(entra: Entra, jwt: string, client: Client): Promise<JWTPayload> {
  readAssertion(jwt)
  const claims = await readOwnToken(entra, jwt)
  if (!claims) throw refusal(50013, { why: 'its key or issuer is not known here' })
  const audienceAppId = client.principal.agentIdentityBlueprintId ?? client.principal.appId
  const audience = entra.directory.application(audienceAppId)
  const accepted = [audienceAppId, ...(audience?.identifierUris ?? [])]
  if (!accepted.includes(String(claims.aud))) {
    throw client.principal.kind === 'agentIdentity'
      ? refusal(50013, { why: `its audience '${claims.aud}' is not the blueprint '${audienceAppId}'` })
      : refusal(500131, { audience: String(claims.aud), client: audienceAppId })
  }
  if (!isWithinLifetime(entra, claims))
    throw refusal(500133, {
      now: timestampOf(entra.clock.nowMs()),
      expiry: timestampOf((claims.exp ?? 0) * 1000),
    })
  if (typeof claims['scp'] !== 'string') throw refusal(7000114, { client: client.principal.appId })
  return claims
}
