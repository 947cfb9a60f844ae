import * as wellKnown from '@entra-agents/trace/well-known'
import { readPolicy } from '../conditional-access/read-policy.ts'
import { graphPrincipalId, microsoftApplications } from '../directory/microsoft.ts'
import {
  type Application,
  newServicePrincipal,
  type ServicePrincipal,
  type User,
} from '../directory/objects.ts'
import { type Fault, quote } from '../errors/shape.ts'
import { addResource, register } from './applications.ts'
import { startDraft, type TenantDraft } from './draft.ts'
import { extendSeed } from './file.ts'
import { giveRights } from './rights.ts'
import type { EntryOf } from './schema.ts'
import { type Named, readShape, type Seed } from './shape.ts'

/** A tenant that a seed describes. */
export type SeededTenant = Readonly<NonNullable<ReturnType<typeof makeTenant>>>

/**
 * Makes the tenant of a seed.
 *
 * @param folder where the files are that the seed names; `null` if it must name none
 * @param fault is called with each fault; if there is any, the tenant is of no use
 * @param change changes the content before its shape is checked
 */
export function makeTenant(
  given: unknown,
  folder: string | null,
  fault: Fault,
  change = (content: unknown) => content,
) {
  const extended = extendSeed(given, folder, fault)
  const seed = extended === undefined ? undefined : readShape(change(extended), fault)
  if (!seed) return undefined
  const { name, id, domain = `${name}.example` } = seed.tenant
  const draft = startDraft(name, domain.toLowerCase(), folder, fault)
  const tenantId = draft.ids.of('the tenant', id)
  addMicrosoft(draft)
  addPeople(draft, seed)
  const agents = addClients(draft, seed)
  for (const policy of seed.policies) addPolicy(draft, policy)
  const apps = [...draft.apis].map(([name, { application }]) => [name, application.appId] as const)
  const groups = [...draft.groups].map(([name, { id }]) => [name, id] as const)
  /** By the names of the file. Applications, blueprints and agents (by client id) share one set of names. */
  const ids = { users: draft.users, groups: new Map(groups), clients: new Map([...apps, ...agents]) }
  /** The applications that have scopes or app roles, by their names in the seed. */
  const apis = seed.apps
    .filter(({ entry: { scopes = [], roles = [] } }) => scopes.length + roles.length > 0)
    .map(({ name }) => ({ name, appId: ids.clients.get(name) ?? '' }))
  return { tenantId, domain: draft.domain, apis, content: draft.content, ids }
}

/** Registers Microsoft's APIs. In the file Graph has the name `graph`. */
function addMicrosoft(draft: TenantDraft): void {
  for (const application of microsoftApplications) {
    const { appId, displayName } = application
    const id = appId === wellKnown.graphAppId ? graphPrincipalId : appId
    const resource = { application, principal: newServicePrincipal({ id, appId, displayName }) }
    addResource(draft, resource)
    for (const value of new Set([appId, id])) draft.ids.claim(value, displayName)
    if (appId === wellKnown.graphAppId) draft.apis.set('graph', resource)
  }
  draft.ids.claim('the name "graph"', 'Microsoft Graph')
}

function addPeople(draft: TenantDraft, { users, groups }: Seed): void {
  const names = new Set(users.flatMap(({ entry }) => entry.groups ?? []))
  const implied = [...names].map(name => ({ name, title: `group ${quote(name)}`, entry: {} }))
  for (const { name, title, entry } of groups ?? (implied as NonNullable<Seed['groups']>)) {
    const { displayName = name } = entry
    const group = { id: draft.ids.of(title, entry.id), kind: 'group' as const, displayName, members: [] }
    draft.content.groups.push(group)
    draft.groups.set(name, group)
  }
  for (const user of users) addUser(draft, user)
}

/** @param parent the agent identity whose user account this is */
function addUser(
  { ids, domain, content, users, groups }: TenantDraft,
  { name, title, entry }: Named<EntryOf<'user'>>,
  parent: Pick<User, 'identityParentId'> = {},
): void {
  const id = ids.of(title, entry.id)
  const { displayName = name, mail = `${name}@${domain}` } = entry
  const userPrincipalName = mail.toLowerCase()
  ids.claim(userPrincipalName, title)
  users.set(name, id)
  content.users.push({ id, displayName, mail, userPrincipalName, ...parent })
  for (const group of entry.groups ?? []) groups.find(group, `${title} is in`)?.members.push(id)
}

/** @returns the names and ids of the agents */
function addClients(draft: TenantDraft, { users, apps, blueprints, agents }: Seed) {
  const clients = apps.map(app => ({ ...app, ...register(draft, app, appProperties(draft, app)) }))
  // By this scope users reach the agents of a blueprint that names no other.
  for (const { entry, ...blueprint } of blueprints)
    register(
      draft,
      { ...blueprint, entry: { scopes: ['access_as_user'], ...entry } },
      {
        kind: 'agentIdentityBlueprint',
        web: { redirectUris: entry.redirectUris ?? [] },
        sponsors: sponsorsOf(draft, blueprint.title, entry.sponsors),
      },
    )
  const identities = agents.map(agent => ({ ...agent, principal: addAgent(draft, agent) }))
  for (const { title, principal, entry } of [...clients, ...identities])
    giveRights(draft, { title, id: principal.id }, entry.may)
  for (const { name, title, entry } of users)
    giveRights(draft, { title, id: draft.users.get(name) ?? '' }, entry.roles, role => ({ role }))
  return identities.map(({ name, principal }) => [name, principal.id] as const)
}

function appProperties({ ids }: TenantDraft, { title, entry }: Named<EntryOf<'app'>>): Partial<Application> {
  const { spa = [], web = [], publicClient = [] } = entry.redirectUris ?? {}
  return {
    id: ids.of(`object of ${title}`, entry.objectId),
    spa: { redirectUris: spa },
    web: { redirectUris: web },
    publicClient: { redirectUris: publicClient },
    signInAudience: entry.signInAudience ?? 'AzureADMyOrg',
    isFallbackPublicClient: entry.isFallbackPublicClient ?? null,
    groupMembershipClaims: entry.groupMembershipClaims ?? null,
  }
}

function sponsorsOf({ users }: TenantDraft, title: string, names: readonly string[] = []): string[] {
  return names.flatMap(name => users.find(name, `${title} has the sponsor`) ?? [])
}

function addAgent(
  draft: TenantDraft,
  { name, title, entry, blueprint }: Seed['agents'][number],
): ServicePrincipal {
  const id = draft.ids.of(title, entry.id)
  draft.ids.claim(`the name ${quote(name)}`, title)
  const principal = newServicePrincipal({
    ...{ id, appId: id, kind: 'agentIdentity', displayName: entry.displayName ?? name },
    agentIdentityBlueprintId: draft.apis.get(blueprint)?.application.appId ?? null,
    sponsors: sponsorsOf(draft, title, entry.sponsors),
  })
  draft.content.servicePrincipals.push(principal)
  if (entry.user !== undefined) {
    const { name: userName, ...user } = typeof entry.user === 'string' ? { name: entry.user } : entry.user
    addUser(
      draft,
      { name: userName, title: `user ${quote(userName)}`, entry: user },
      { identityParentId: id },
    )
  }
  return principal
}

/** Adds a policy in Graph's shape, or one that demands a second factor of all users who want an authentication context. */
function addPolicy({ ids, content, fault }: TenantDraft, { name, title, entry }: Named<EntryOf<'policy'>>) {
  const { context, ...others } = entry
  const byContext = {
    ...{ state: 'enabled', grantControls: { operator: 'OR', builtInControls: ['mfa'] } },
    conditions: {
      clientAppTypes: ['all'],
      users: { includeUsers: ['All'] },
      applications: { includeAuthenticationContextClassReferences: [context] },
    },
  }
  const given = context === undefined || 'conditions' in entry ? entry : { ...others, ...byContext }
  const policy = readPolicy({ displayName: name, ...given }, title, fault)
  if (policy) content.conditionalAccessPolicies.push({ ...policy, id: ids.of(title, entry.id) })
}
