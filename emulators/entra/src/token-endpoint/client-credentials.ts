import { readClientCapabilities } from '../conditional-access/claims.ts'
import { wellKnown } from '../directory/well-known.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { authenticate, type Client } from '../oauth/client.ts'
import type { Form } from '../oauth/form.ts'
import { checkResourceParameter, readDefaultScope } from '../oauth/scopes.ts'
import { issueAccessToken, type TargetResource } from '../tokens/access-token.ts'
import { issueExchangeToken } from '../tokens/exchange-token.ts'
import { tokenResponse } from './response.ts'

/** Client credentials: T1 if the token exchange is the resource, otherwise an app-only token for an API. */
export async function grantClientCredentials(entra: Entra, form: Form, { principal, application }: Client) {
  const scope = form.required('scope')
  const authentication = await authenticate(entra, form, { principal, application })
  const resource = readDefaultScope(entra, scope)
  checkResourceParameter(form.optional('resource'), resource)
  const { appId } = resource.application
  const fmiPath = form.optional('fmi_path')
  const isBlueprint = principal.kind === 'agentIdentityBlueprintPrincipal'
  if (appId === wellKnown.tokenExchangeAppId) {
    if (isBlueprint && fmiPath === undefined) throw refusal(82008)
    return tokenResponse(await issueExchangeToken(entra, principal, authentication, fmiPath))
  }
  if (fmiPath !== undefined) throw refusal(70066, { scope })
  if (isBlueprint)
    throw refusal(82001, { client: principal.appId, what: `app-only tokens for resource '${appId}'` })
  const roles = entra.directory.appRoles(principal.id, resource)
  checkAssignment(resource, principal.appId, roles)
  const capabilities = readClientCapabilities(form.optional('claims'))
  return tokenResponse(
    await issueAccessToken(entra, { client: principal, authentication, resource, roles, capabilities }),
  )
}

/** Refuses callers without an assignment if the API requires one. */
function checkAssignment(
  { application, principal }: TargetResource,
  client: string,
  roles: readonly string[],
): void {
  if (roles.length > 0 || !principal.appRoleAssignmentRequired) return
  throw refusal(501051, { client, resource: application.appId, name: application.displayName })
}
