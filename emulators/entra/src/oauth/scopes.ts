import * as wellKnown from '@entra-agents/trace/well-known'
import type { User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { propertySeenByLookUp } from '../graph/replication.ts'
import type { TargetResource } from '../tokens/access-token.ts'
import type { Client } from './client.ts'

/** Scopes of OpenID Connect, which may be requested with the scopes of any API. */
const openIdScopes: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access'])

export type RequestedScopes = Readonly<ReturnType<typeof readScopes>>

/**
 * Parses a `scope` parameter: the API, the values of permissions at it such as `Weather.Read` (none for `/.default`), the scopes of
 * OpenID Connect, and the API's scopes as they are spelt. With scopes of OpenID Connect only, the API is Microsoft Graph.
 */
export function readScopes(entra: Entra, scope: string) {
  const all = scope.split(' ').filter(item => item !== '')
  const openId = new Set(all.filter(item => openIdScopes.has(item)))
  const written = all.filter(item => !openIdScopes.has(item))
  const parts = written.map(splitScope)
  const [first = { identifier: wellKnown.graphUri, value: 'openid' }, ...others] = parts
  const resource = findResource(entra, first.identifier)
  for (const other of others) {
    if (findResource(entra, other.identifier).application !== resource.application)
      throw refusal(28000, { scope })
  }
  const values = parts.map(part => part.value).filter(value => value !== '.default')
  const isDefault = values.length < parts.length
  if (isDefault && values.length > 0) throw refusal(70011, { scope })
  return { resource, values, isDefault, openId, written }
}

/** The API of a client-credentials request: one scope with `/.default`. MSAL for Go and Java add scopes of OpenID Connect. */
export function readDefaultScope(entra: Entra, scope: string): TargetResource {
  const [written, ...others] = scope.split(' ').filter(item => item !== '' && !openIdScopes.has(item))
  if (written === undefined || others.length > 0) throw refusal(70011, { scope })
  const { identifier, value } = splitScope(written)
  if (value !== '.default') throw refusal(1002012, { scope })
  return findResource(entra, identifier)
}

/** Refuses a `resource` (RFC 8707) that is no Application ID URI of the API whose scopes are requested. */
export function checkResourceParameter(
  resource: string | undefined,
  { application }: Pick<TargetResource, 'application'>,
): void {
  if (resource && !application.identifierUris.includes(resource)) throw refusal(9010010)
}

/** The requested scopes that lack consent: values such as `Weather.Read`, or `.default` if nothing was granted. */
export function missingConsents(
  entra: Entra,
  client: Client,
  user: User,
  { resource, values, isDefault }: RequestedScopes,
): readonly string[] {
  const granted = entra.directory.grantedScopes(client.principal, resource, user.id)
  if (isDefault) return granted.size > 0 ? [] : ['.default']
  return values.filter(value => !granted.has(value))
}

function splitScope(scope: string): { identifier: string; value: string } {
  const slash = scope.lastIndexOf('/')
  if (slash <= 0) return { identifier: wellKnown.graphUri, value: scope }
  return { identifier: scope.slice(0, slash), value: scope.slice(slash + 1) }
}

function findResource(entra: Entra, identifier: string): TargetResource {
  const resource = entra.directory.resource(identifier)
  if (!resource) throw refusal(500011, { resource: identifier, tenant: entra.config.tenantId })
  if (!propertySeenByLookUp(entra, resource.principal, 'accountEnabled'))
    throw refusal(500014, { resource: identifier })
  checkMappedClaims(entra, identifier, resource)
  return { ...resource, identifier }
}

/** Refuses an API with mapped claims unless it is named by client id or verified domain. Not all tenants apply this rule. */
function checkMappedClaims(
  { settings, config }: Entra,
  identifier: string,
  { application: { appId, api } }: Pick<TargetResource, 'application'>,
): void {
  const isOwn = identifier.toLowerCase() === appId || isInDomain(identifier, config.domain)
  if (settings.current.limitsMappedClaims && api.acceptMappedClaims && !isOwn) throw refusal(501461)
}

function isInDomain(identifier: string, domain: string): boolean {
  const host = URL.canParse(identifier) ? new URL(identifier).hostname : ''
  return host === domain || host.endsWith(`.${domain}`)
}
