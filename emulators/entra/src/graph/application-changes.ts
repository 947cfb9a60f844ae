import type { Static } from 'typebox'
import type { Application, OptionalClaims, PermissionScope } from '../directory/types.ts'
import type { Entra } from '../entra.ts'
import type { ApplicationPatch } from './bodies.ts'
import { badRequest, GraphError } from './graph-error.ts'

type Patch = Static<typeof ApplicationPatch>

/** Applies a PATCH wholly, or refuses it and changes nothing. */
export function changeApplication(entra: Entra, application: Application, patch: Patch): void {
  checkProperties(application, patch)
  checkIdentifierUris(entra, application, patch.identifierUris)
  checkRemovals(application.api.oauth2PermissionScopes, patch.api?.oauth2PermissionScopes)
  checkRemovals(application.appRoles, patch.appRoles)
  checkPreAuthorized(application, patch)

  if (patch.displayName !== undefined) application.displayName = patch.displayName
  if (patch.description !== undefined) application.description = patch.description
  if (patch.api !== undefined) changeApi(application, patch.api)
  // After the version, whose change may have emptied the list.
  if (patch.identifierUris !== undefined) application.identifierUris = [...patch.identifierUris]
  if (patch.appRoles !== undefined) application.appRoles = patch.appRoles
  if (patch.optionalClaims !== undefined)
    application.optionalClaims = readOptionalClaims(patch.optionalClaims)
  if (patch.spa !== undefined) application.spa = { redirectUris: [...patch.spa.redirectUris] }
  if (patch.requiredResourceAccess !== undefined)
    application.requiredResourceAccess = patch.requiredResourceAccess
}

function checkProperties({ kind }: Application, patch: Patch): void {
  const unkept = ['web', 'publicClient', 'isFallbackPublicClient'].find(name => name in patch)
  if (kind === 'agentIdentityBlueprint') {
    const incompatible = unkept ?? (patch.spa === undefined ? undefined : 'spa')
    if (incompatible !== undefined)
      throw new GraphError(
        400,
        'AgentBlueprint_IncompatibleProperty',
        `The property '${incompatible}' is not compatible with an agent identity blueprint.`,
      )
  }
  if (unkept !== undefined) throw badRequest(`The property '${unkept}' is not emulated here.`)
}

/** Only URIs of the application itself or of the tenant are free of a domain check. */
function checkIdentifierUris(entra: Entra, application: Application, uris: readonly string[] = []): void {
  for (const uri of uris) {
    const own = [`api://${application.appId}`, `api://${entra.config.tenantId}/`]
    if (!own.some(prefix => uri.toLowerCase().startsWith(prefix)))
      throw new GraphError(
        400,
        'HostNameNotOnVerifiedDomain',
        `Values of identifierUris property must use a verified domain of the organization or its subdomain: '${uri}'.`,
      )
    const other = entra.directory.content.applications.find(
      candidate => candidate !== application && candidate.identifierUris.includes(uri),
    )
    if (other)
      throw new GraphError(
        400,
        'ObjectConflict',
        'Another object with the same value for property identifierUris already exists.',
      )
  }
}

interface Entitlement {
  readonly id: string
  readonly isEnabled: boolean
}

function checkRemovals(now: readonly Entitlement[], wanted: readonly Entitlement[] | undefined): void {
  if (wanted === undefined) return
  const removed = now.find(({ id, isEnabled }) => isEnabled && !wanted.some(kept => kept.id === id))
  if (removed)
    throw new GraphError(
      400,
      'CannotDeleteOrUpdateEnabledEntitlement',
      'Permission (scope or role) cannot be deleted or updated unless disabled first.',
    )
}

/** A scope can be pre-authorised once it exists; one PATCH can't do both. */
function checkPreAuthorized({ api }: Application, patch: Patch): void {
  const known = api.oauth2PermissionScopes.map(({ id }) => id)
  for (const { delegatedPermissionIds } of patch.api?.preAuthorizedApplications ?? []) {
    const unknown = delegatedPermissionIds.find(id => !known.includes(id))
    if (unknown !== undefined)
      throw badRequest(
        `Property PreAuthorizedApplication references permissions that cannot be found: ${unknown}.`,
      )
  }
}

function changeApi(application: Application, change: NonNullable<Patch['api']>): void {
  const { api } = application
  if (change.requestedAccessTokenVersion !== undefined) {
    // Reported of Entra: going back from version 2 empties the identifier URIs.
    if (api.requestedAccessTokenVersion === 2 && change.requestedAccessTokenVersion !== 2)
      application.identifierUris = []
    api.requestedAccessTokenVersion = change.requestedAccessTokenVersion
  }
  if (change.oauth2PermissionScopes !== undefined)
    api.oauth2PermissionScopes = change.oauth2PermissionScopes.map(readScope)
  if (change.preAuthorizedApplications !== undefined)
    api.preAuthorizedApplications = change.preAuthorizedApplications
}

type ScopeBody = NonNullable<NonNullable<Patch['api']>['oauth2PermissionScopes']>[number]

function readScope(scope: ScopeBody): PermissionScope {
  return {
    adminConsentDisplayName: scope.value,
    adminConsentDescription: scope.value,
    userConsentDisplayName: scope.value,
    userConsentDescription: scope.userConsentDescription ?? scope.adminConsentDescription ?? scope.value,
    ...scope,
  }
}

type ClaimsBody = NonNullable<Patch['optionalClaims']>

function readOptionalClaims(claims: ClaimsBody | null): OptionalClaims | null {
  if (claims === null) return null
  const read = (list: ClaimsBody['accessToken'] = []) =>
    list.map(({ name, essential = false, additionalProperties = [] }) => ({
      name,
      essential,
      additionalProperties,
    }))
  return { accessToken: read(claims.accessToken), idToken: read(claims.idToken) }
}
