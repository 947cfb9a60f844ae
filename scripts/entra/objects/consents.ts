import {
  agentKey,
  consenter,
  findListed,
  idOf,
  type Kind,
  type Target,
  type TenantObject,
} from './tenant-object.ts'

/** What the page and the agents may do on behalf of all users. */
export const consents: Kind = target => [
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
]

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
  const path = '/oauth2PermissionGrants'
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
        `${path}?$filter=clientId eq '${clientId()}'`,
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
