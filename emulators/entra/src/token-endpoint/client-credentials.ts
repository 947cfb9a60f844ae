import * as wellKnown from '@entra-agents/trace/well-known'
import { readClaims } from '../conditional-access/claims.ts'
import { refusal } from '../errors/entra-error.ts'
import { authenticate, type TokenRequest } from '../oauth/client.ts'
import { checkResourceParameter, readDefaultScope } from '../oauth/scopes.ts'
import { issueAccessToken, issueExchangeToken } from '../tokens/access-token.ts'
import { type TokenResponse, tokenResponse } from './user-grant.ts'

/** Client credentials: T1 if the token exchange is the resource, otherwise an app-only token for an API. */
export async function grantClientCredentials(request: TokenRequest): Promise<TokenResponse> {
  const { entra, form, client } = request
  const { principal } = client
  const scope = form.required('scope')
  const authentication = await authenticate(request)
  const resource = readDefaultScope(entra, scope)
  checkResourceParameter(form.optional('resource'), resource)
  const { appId, displayName: name } = resource.application
  const fmiPath = form.optional('fmi_path')
  const isBlueprint = principal.kind === 'agentIdentityBlueprintPrincipal'
  if (appId === wellKnown.tokenExchangeAudience) {
    if (isBlueprint && fmiPath === undefined) throw refusal(82008)
    return tokenResponse(await issueExchangeToken(entra, principal, authentication, fmiPath))
  }
  if (fmiPath !== undefined) throw refusal(70066, { scope })
  if (isBlueprint)
    throw refusal(82001, { client: principal.appId, what: `app-only tokens for resource '${appId}'` })
  const roles = entra.directory.appRoles(principal.id, resource)
  if (roles.length === 0 && resource.principal.appRoleAssignmentRequired)
    throw refusal(501051, { client: principal.appId, resource: appId, name })
  const { capabilities } = readClaims(form.optional('claims'))
  const wanted = { client: principal, authentication, resource, roles, capabilities }
  return tokenResponse(await issueAccessToken(entra, wanted))
}
