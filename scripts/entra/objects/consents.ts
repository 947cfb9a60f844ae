import type { Json } from '../graph.ts'
import {
  agentKey,
  consenter,
  findListed,
  idOf,
  type Kind,
  principalsOf,
  type Target,
  type TenantObject,
} from './tenant-object.ts'

/** What the page and the agents may do on behalf of all users. */
export const consents: Kind = {
  wanted: target => [
    consent(target, {
      of: 'page',
      client: 'page-principal',
      resource: 'blueprint-principal',
      scope: 'access_as_user',
      title: 'the page may call the agent',
    }),
    ...target.settings.agents.map(name =>
      consent(target, {
        of: agentKey(name),
        client: agentKey(name),
        resource: 'weather-api-principal',
        scope: 'Weather.Read',
        title: `"${name}" may read the weather on their behalf`,
      }),
    ),
  ],
  collections: target =>
    principalsOf(target).map(({ key, title }) => ({
      of: key,
      title: `consents to ${title}`,
      list: graph => graph.list(pathOf(idOf(target, key)), { mayBeForbidden: true }),
      isWanted: one => isNothingMore(target, key, one),
      describe: ({ scope, resourceId, consentType }) =>
        `consent of ${consentType === 'Principal' ? 'one user' : 'all users'} to ${title}: ${scope} of ${resourceId}`,
    })),
}

const path = '/oauth2PermissionGrants'
const openIdScopes = ['openid', 'profile', 'email', 'offline_access']

function pathOf(clientId: string): string {
  return `${path}?$filter=clientId eq '${clientId}'`
}

/** A user's own consent to what all consented to, or to signing in, gives the client nothing more. */
function isNothingMore(target: Target, client: string, { id, resourceId, scope }: Json): boolean {
  const key = client === 'page-principal' ? 'page/grant' : `${client}/grant`
  const resource = client === 'page-principal' ? 'blueprint-principal' : 'weather-api-principal'
  const scopes = String(scope).split(' ').filter(Boolean)
  if (target.recorded(key)?.id === id || scopes.every(one => openIdScopes.includes(one))) return true
  const wanted = client === 'page-principal' ? 'access_as_user' : 'Weather.Read'
  const isOurs = client !== 'blueprint-principal' && resourceId === idOf(target, resource)
  return isOurs && scopes.every(one => one === wanted)
}

interface Consent {
  readonly of: string
  /** Keys of the principals. */
  readonly client: string
  readonly resource: string
  readonly scope: string
  readonly title: string
}

function consent(target: Target, { of, client, resource, scope, title }: Consent): TenantObject {
  const key = `${of}/grant`
  const clientId = () => idOf(target, client)
  const resourceId = () => idOf(target, resource)
  return {
    key,
    title: `consent for all users: ${title}`,
    access: { POST: { permission: 'DelegatedPermissionGrant.ReadWrite.All', role: consenter } },
    needs: [client, resource],
    address: () => `${path}/${idOf(target, key)}`,
    // A consent of one user's own is another object, and no reason to leave this one out.
    find: graph =>
      findListed(
        graph,
        pathOf(clientId()),
        one => one['resourceId'] === resourceId() && one['consentType'] === 'AllPrincipals',
      ),
    create: () => ({
      method: 'POST',
      path,
      body: { clientId: clientId(), consentType: 'AllPrincipals', resourceId: resourceId(), scope },
    }),
    // Compared to the letter: Entra takes a scope behind a blank for not granted.
    properties: () => ({ scope }),
  }
}
