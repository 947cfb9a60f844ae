import { createAsManager } from '../directory/graph-permissions.ts'
import { wellKnown } from '../directory/well-known.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { issueAccessToken, type TargetResource } from '../tokens/access-token.ts'
import { issueExchangeToken } from '../tokens/exchange-token.ts'
import { type TokenAnswer, tokenAnswer } from './answer.ts'
import { authenticate, type Client } from './client.ts'
import type { Form } from './form.ts'
import { readDefaultScope } from './scopes.ts'

/** A client acts as itself: T1 when the token exchange is the resource, otherwise an app-only token for an API. */
export async function grantClientCredentials(entra: Entra, form: Form, client: Client): Promise<TokenAnswer> {
  const scope = form.required('scope')
  const proof = await authenticate(entra, form, client)
  const resource = readDefaultScope(entra, scope)
  if (resource.application.appId === wellKnown.tokenExchangeAppId) {
    const fmiPath = form.optional('fmi_path')
    return tokenAnswer(await issueExchangeToken(entra, { client: client.principal, proof, fmiPath }))
  }
  const roles = appRolesFor(entra, client, resource)
  return tokenAnswer(await issueAccessToken(entra, { client: client.principal, proof, resource, roles }))
}

/** The app roles of a client on an API. An API that requires an assignment refuses callers without one. */
export function appRolesFor(entra: Entra, { principal }: Client, resource: TargetResource): string[] {
  const roles = entra.directory.appRolesOf(principal, resource.application, resource.principal)
  const isGraph = resource.application.appId === wellKnown.graphAppId
  if (isGraph && principal.kind === 'agentIdentityBlueprintPrincipal') roles.push(createAsManager)
  if (roles.length === 0 && resource.principal.appRoleAssignmentRequired)
    throw refusal(501051, {
      client: principal.appId,
      resource: resource.application.appId,
      name: resource.application.displayName,
    })
  return roles
}
