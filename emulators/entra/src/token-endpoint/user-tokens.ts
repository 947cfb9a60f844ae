import type { User } from '../directory/types.ts'
import { wellKnown } from '../directory/well-known.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { type ClientProof, issueAccessToken } from '../tokens/access-token.ts'
import { clientInfo, issueIdToken } from '../tokens/id-token.ts'
import { type TokenAnswer, tokenAnswer } from './answer.ts'
import type { Client } from './client.ts'
import type { RequestedScopes } from './scopes.ts'

export interface PersonRequest {
  readonly client: Client
  readonly proof: ClientProof
  readonly user: User
  readonly sessionId: string
  readonly requested: RequestedScopes
  /** The `scope` parameter as it was sent; a refresh token remembers it. */
  readonly scope: string
  readonly isForSpa: boolean
  readonly nonce?: string | undefined
  /** Whether the request had `client_info=1`. */
  readonly wantsClientInfo: boolean
}

/** Tokens for a person at a client: access token, and what of OpenID Connect was asked for. */
export async function answerForPerson(entra: Entra, request: PersonRequest): Promise<TokenAnswer> {
  const { client, proof, user, sessionId, requested, scope, isForSpa } = request
  const scopes = scopesToGrant(entra, request)
  const { openId, resource } = requested
  const token = await issueAccessToken(entra, {
    client: client.principal,
    proof,
    resource,
    person: { user, scopes, sessionId },
    roles: entra.directory.appRolesOfUser(user, resource.application, resource.principal),
  })
  const clientId = client.principal.appId
  const refresh = openId.has('offline_access')
    ? entra.grants.issueRefreshToken({ clientId, userId: user.id, sessionId, scope, isForSpa })
    : undefined
  const idToken = openId.has('openid')
    ? await issueIdToken(entra, { clientId, user, sessionId, nonce: request.nonce, openId })
    : undefined
  return tokenAnswer(token, {
    scope: echo(requested, scopes),
    ...(refresh ? { refresh_token: refresh.token } : {}),
    ...(refresh && isForSpa ? { refresh_token_expires_in: refresh.expiresInSeconds } : {}),
    ...(idToken === undefined ? {} : { id_token: idToken }),
    ...(request.wantsClientInfo ? { client_info: clientInfo(entra, user) } : {}),
  })
}

/** The scope values that were consented to and asked for; `/.default` asks for all of them. */
function scopesToGrant(entra: Entra, { client, user, requested }: PersonRequest): readonly string[] {
  const { resource, values, isDefault } = requested
  if (resource.principal.appRoleAssignmentRequired && !isAssigned(entra, user, resource.principal.id))
    throw refusal(50105, {
      resource: resource.application.appId,
      name: resource.application.displayName,
    })
  const missing = missingConsent(entra, { client, user, requested })
  if (missing.length > 0)
    throw refusal(65001, { client: client.principal.appId, name: client.principal.displayName })
  const granted = entra.directory.grantedScopes(
    client.principal,
    resource.application,
    resource.principal,
    user.id,
  )
  return isDefault ? [...granted] : [...values, ...graphOpenIdScopes(requested)]
}

/** What still needs consent: scope values, or `.default` when nothing at all was granted. */
export function missingConsent(
  entra: Entra,
  { client, user, requested }: Pick<PersonRequest, 'client' | 'user' | 'requested'>,
): readonly string[] {
  const { resource, values, isDefault } = requested
  const granted = entra.directory.grantedScopes(
    client.principal,
    resource.application,
    resource.principal,
    user.id,
  )
  if (isDefault) return granted.size > 0 ? [] : ['.default']
  return values.filter(value => !granted.has(value))
}

function isAssigned(entra: Entra, user: User, resourceId: string): boolean {
  return entra.directory.content.appRoleAssignments.some(
    assignment => assignment.principalId === user.id && assignment.resourceId === resourceId,
  )
}

/** OpenID Connect's scopes are Graph's own; tokens for other APIs never carry them. */
function graphOpenIdScopes({ resource, openId }: RequestedScopes): string[] {
  return resource.application.appId === wellKnown.graphAppId
    ? [...openId].filter(value => value !== 'offline_access')
    : []
}

/** The granted scopes as clients look them up: in full, with `/.default` if it was asked for. */
function echo({ resource, written, isDefault }: RequestedScopes, scopes: readonly string[]): string {
  const isGraph = resource.application.appId === wellKnown.graphAppId
  const names = scopes.map(value =>
    written.includes(value) || isGraph ? value : `${resource.identifier}/${value}`,
  )
  return [...names, ...(isDefault ? written : [])].join(' ')
}
