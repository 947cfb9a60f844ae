import type { Json } from '../graph.ts'
import { agentsWith, hasAlerts, isUnattended } from '../settings.ts'
import { consenterRole } from './access.ts'
import {
  agentKey,
  agentUserKey,
  findListed,
  type Kind,
  type Target,
  type TenantObject,
} from './tenant-object.ts'

/** What the page and the agents may do on behalf of all users, and what agents may do as their own user account. */
export const consents: Kind = {
  wanted: target => consentsOf(target).map(one => consent(target, one)),
  collections: target => [
    {
      ownerKey: 'blueprint-principal',
      title: 'clients other than the page that may call the agent',
      kind: 'clients',
      list: async graph => {
        const filter = `$filter=resourceId eq '${target.idOf('blueprint-principal')}'`
        const granted = await graph.list(`${path}?${filter}`, { mayBeForbidden: true })
        return granted.filter(one => one['clientId'] !== target.idOf('page-principal'))
      },
      isWanted: () => false,
      describe: one => `${describeConsent(one)} by client "${one['clientDisplayName'] ?? one['clientId']}"`,
    },
  ],
}

const path = '/oauth2PermissionGrants'
const alertsScope = 'Alerts.ReadWrite'
const openIdScopes = ['openid', 'profile', 'email', 'offline_access']

export function describeConsent({ scope, resourceDisplayName, resourceId, consentType }: Json): string {
  const who = consentType === 'Principal' ? 'one user' : 'all users'
  return `consent of ${who} to ${String(scope).trim()} of ${resourceDisplayName ? `"${resourceDisplayName}"` : resourceId}`
}

interface Consent {
  readonly key: string
  /** The keys under which the receipt has the service principals of the client and of the API. */
  readonly client: string
  readonly resource: string
  /** The receipt's key of the user whom the consent is for; if missing, the consent is for all users. */
  readonly user?: string
  readonly scope: string
  readonly title: string
}

function consentsOf({ settings }: Target): readonly Consent[] {
  const ofApi = (name: string, withAlerts: boolean) => ({
    client: agentKey(name),
    resource: 'weather-api-principal',
    scope: withAlerts ? `Weather.Read ${alertsScope}` : 'Weather.Read',
  })
  const andAlerts = (withAlerts: boolean) => (withAlerts ? ' and keep alerts' : '')
  const isForAll = settings.alerts === 'all-users'
  return [
    {
      key: 'page/grant',
      client: 'page-principal',
      resource: 'blueprint-principal',
      scope: 'access_as_user',
      title: 'consent for all users: the page may call the agent',
    },
    ...agentsWith(settings, 'obo').map(name => ({
      ...ofApi(name, isForAll),
      key: `${agentKey(name)}/grant`,
      title: `consent for all users: "${name}" may read the weather${andAlerts(isForAll)} on their behalf`,
    })),
    ...agentsWith(settings, 'agent-user').map(name => ({
      ...ofApi(name, isUnattended(settings, name)),
      key: `${agentUserKey(name)}/grant`,
      user: agentUserKey(name),
      title: `consent for its user account: "${name}" may read the weather${andAlerts(isUnattended(settings, name))} as that`,
    })),
  ]
}

/**
 * Whether a consent gives the client nothing unwanted: the consent is wanted, or all its scopes are for signing in, or all its
 * scopes are in the wanted consent for all users. A user's own consent may add the scope for alerts, unless alerts are excluded.
 */
export function hasOnlyWantedScopes(
  target: Target,
  client: string,
  { id, resourceId, scope, consentType }: Json,
): boolean {
  const wanted = consentsOf(target).filter(one => one.client === client)
  const scopes = String(scope).split(' ').filter(Boolean)
  if (wanted.some(({ key }) => target.recorded(key)?.id === id)) return true
  if (scopes.every(one => openIdScopes.includes(one))) return true
  const ofAll = wanted.find(({ user }) => user === undefined)
  const isAsked = hasAlerts(target.settings) && consentType === 'Principal'
  const allowed = [...(ofAll?.scope.split(' ') ?? []), ...(isAsked ? [alertsScope] : [])]
  return (
    ofAll !== undefined &&
    resourceId === target.idOf(ofAll.resource) &&
    scopes.every(one => allowed.includes(one))
  )
}

function consent(target: Target, { key, client, resource, user, scope, title }: Consent): TenantObject {
  // Consents of other users are separate objects, so they do not match.
  const body = () => ({
    clientId: target.idOf(client),
    resourceId: target.idOf(resource),
    ...(user === undefined
      ? { consentType: 'AllPrincipals' }
      : { consentType: 'Principal', principalId: target.idOf(user) }),
  })
  return {
    key,
    title,
    access: { POST: { permission: 'DelegatedPermissionGrant.ReadWrite.All', role: consenterRole } },
    needs: [client, resource, ...(user === undefined ? [] : [user])],
    address: () => `${path}/${target.idOf(key)}`,
    find: graph => findListed(graph, `${path}?$filter=clientId eq '${target.idOf(client)}'`, body()),
    create: () => ({ method: 'POST', path, body: { ...body(), scope } }),
    // The scope is compared exactly: Entra does not count it as granted if a blank stands before it, as in ' Weather.Read'.
    properties: () => ({ scope }),
  }
}
