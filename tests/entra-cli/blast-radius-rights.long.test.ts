import { describe, expect, it } from 'vitest'
import { graphRoleId, stableId } from '../../emulators/entra/src/directory/graph-permissions.ts'
import { newScope, newServicePrincipal } from '../../emulators/entra/src/directory/objects.ts'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { flatten } from '../../scripts/entra/blast-radius/branch.ts'
import { aGrant, aSecret, creation, foreignId, ofBlueprint, type Row, useRadius } from './support/radius.ts'

const { tenant, readRadius, tenantNow, expectMarked } = useRadius()
const { run } = tenant

const ofPage = (words: string) =>
  `properties that are not as planned → application "Weather Agent page", which users sign in to: ${words}`
const anExpression = {
  subject: null,
  claimsMatchingExpression: { value: 'any', languageVersion: 1 },
} as const
const evilUri = 'https://evil.example/'
const aConsent = (clientId: string, resourceId: string, scope: string) => ({
  ...aGrant,
  clientId,
  resourceId,
  scope,
})
const aRoleOf = (principalId: string, name = 'Application Administrator') => ({
  ...creation,
  id: 'added',
  principalId,
  roleDefinitionId: stableId(`role ${name}`),
  directoryScopeId: '/',
})
const aGroup = {
  id: 'helpers',
  kind: 'group',
  displayName: 'Helpers',
  members: [] as string[],
  owners: [] as string[],
} as const
const vendor = newServicePrincipal({
  id: foreignId,
  appId: foreignId,
  displayName: 'Vendor',
  appOwnerOrganizationId: stableId('vendor'),
})
const vendorTitle = `application "Vendor", an application of another tenant (${stableId('vendor')})`
/** A role that the tenant made itself. */
const aCustomRole = (action: string) => ({
  id: stableId('role Rotator'),
  displayName: 'Rotator',
  isBuiltIn: false,
  rolePermissions: [{ allowedResourceActions: ['microsoft.directory/applications/standard/read', action] }],
})
const changeAll = <One extends object>(all: readonly One[], values: Partial<One>) =>
  all.map(one => Object.assign(one, values))

// biome-ignore format: table
const inPlace: Row[] = [
  ['the subject of a federated credential', ({ blueprint }) => changeAll(blueprint.federatedIdentityCredentials, { subject: 'system:serviceaccount:x:y' }), ['credentials → federated credential for system:serviceaccount:x:y of https://i.example; subject is "system:serviceaccount:x:y", wanted "system:serviceaccount:a:b"']],
  ['the issuer of a federated credential', ({ blueprint }) => changeAll(blueprint.federatedIdentityCredentials, { issuer: evilUri }), [`credentials → federated credential for system:serviceaccount:a:b of ${evilUri}; issuer is "${evilUri}", wanted "https://i.example"`]],
  ['the audience of a federated credential', ({ blueprint }) => changeAll(blueprint.federatedIdentityCredentials, { audiences: ['else'] }), ['credentials → federated credential for system:serviceaccount:a:b of https://i.example; audiences is ["else"], wanted ["api://AzureADTokenExchange"]']],
  ['a federated credential to an expression', ({ blueprint }) => changeAll(blueprint.federatedIdentityCredentials, anExpression), ['credentials → federated credential for all that match any of https://i.example; subject is null, wanted "system:serviceaccount:a:b"']],
  ['the consent to an agent', ({ content, named }) => changeAll(content.permissionGrants.filter(one => one.clientId === named('alerts').id), { scope: 'Weather.Read Alerts.ReadWrite' }), ['agent identity "alerts" → consent of all users to Weather.Read Alerts.ReadWrite of "Weather API"; scope is "Weather.Read Alerts.ReadWrite", wanted "Weather.Read"']],
  ['the consent of a user account', ({ content, user }) => changeAll(content.permissionGrants.filter(one => one.principalId === user.id), { scope: 'Weather.Read Alerts.ReadWrite' }), ['agent identity "weather" → its user account → consent of one user to Weather.Read Alerts.ReadWrite of "Weather API"; scope is "Weather.Read Alerts.ReadWrite", wanted "Weather.Read"']],
  ['the consent to the page', ({ content }) => changeAll(content.permissionGrants.filter(one => one.scope === 'access_as_user'), { scope: 'access_as_user more' }), ['the page, by which users ask it → consent of all users to access_as_user more of "Weather Agent Blueprint"; scope is "access_as_user more", wanted "access_as_user"']],
  ['an app role, which keeps its id', ({ content, named }) => { content.appRoleAssignments = content.appRoleAssignments.map(one => one.principalId === named('weather').id ? { ...one, resourceId: seedIds.graphPrincipal, appRoleId: graphRoleId('Application.ReadWrite.All') } : one) }, ['agent identity "weather" → app role Application.ReadWrite.All of "Microsoft Graph"']],
  ['the API of a consent, which keeps its id', ({ content, named }) => { content.permissionGrants = content.permissionGrants.map(one => one.clientId === named('alerts').id ? { ...one, resourceId: seedIds.graphPrincipal, scope: 'Mail.Read' } : one) }, ['agent identity "alerts" → consent of all users to Mail.Read of "Microsoft Graph"; not as planned']],
  ['the tenants that the page is open to', ({ page }) => Object.assign(page, { signInAudience: 'AzureADMultipleOrgs' }), [ofPage('signInAudience is "AzureADMultipleOrgs", wanted "AzureADMyOrg"')]],
  ['the redirect URIs of the page', ({ page }) => page.spa.redirectUris.push(evilUri), [ofPage(`spa.redirectUris is ["http://localhost:3001/auth/redirect.html","${evilUri}"], wanted ["http://localhost:3001/auth/redirect.html"]`)]],
  ['redirect URIs of the page for servers', ({ page }) => page.web.redirectUris.push(evilUri), [ofPage(`web.redirectUris[${evilUri}] is not planned`)]],
  ['redirect URIs of the page for programs', ({ page }) => page.publicClient.redirectUris.push(evilUri), [ofPage(`publicClient.redirectUris[${evilUri}] is not planned`)]],
  ['that the page takes device codes', ({ page }) => Object.assign(page, { isFallbackPublicClient: true }), [ofPage('isFallbackPublicClient is true, wanted false')]],
  ['what the page asks for', ({ page }) => page.requiredResourceAccess.push({ resourceAppId: foreignId }), [ofPage(`requiredResourceAccess[${foreignId}] is not planned`)]],
  ['redirect URIs of the blueprint', ({ blueprint }) => blueprint.web.redirectUris.push(evilUri), [ofBlueprint(`web.redirectUris[${evilUri}] is not planned`)]],
  ['the names of the blueprint as an API', ({ blueprint }) => Object.assign(blueprint, { identifierUris: [`api://${blueprint.appId}`, 'api://more'] }), [expect.stringMatching(/: identifierUris is \["api:\S+","api:..more"\], wanted/)]],
  ['the scopes of the blueprint', ({ blueprint }) => blueprint.api.oauth2PermissionScopes.push(newScope(foreignId, 'More')), [ofBlueprint('api.oauth2PermissionScopes[More] is not planned')]],
  ['the claims of users’ tokens', ({ blueprint }) => blueprint.optionalClaims?.accessToken.splice(0), [ofBlueprint('optionalClaims.accessToken[idtyp] is "missing", wanted "present"')]],
]

// biome-ignore format: table
const around: Row[] = [
  ['an owner of the blueprint’s principal', ({ principal }) => { principal.owners = [...principal.owners, seedIds.ben] }, ['who may change it → owner Ben Lindqvist']],
  ['an application that owns the blueprint', ({ blueprint, named }) => blueprint.owners.push(named('Weather API').id), ['who may change it → owner Weather API']],
  ['a secret of the blueprint’s principal', ({ principal }) => Object.assign(principal, { passwordCredentials: [aSecret] }), ['credentials → client secret "more" until 2030-01-01T00:00:00Z']],
  ['a certificate of the blueprint’s principal', ({ principal }) => Object.assign(principal, { keyCredentials: [{ ...aSecret, type: 'AsymmetricX509Cert' }] }), ['credentials → certificate "more" until 2030-01-01T00:00:00Z']],
  ['a client that needs no consent', ({ blueprint }) => blueprint.api.preAuthorizedApplications.push({ appId: foreignId, delegatedPermissionIds: [] }), [ofBlueprint(`api.preAuthorizedApplications[${foreignId}] is not planned`)]],
  ['another client that users consented to', ({ content, principal }) => { content.servicePrincipals.push(vendor); content.permissionGrants.push(aConsent(vendor.id, principal.id, 'access_as_user')) }, ['who may ask it → consent of all users to access_as_user of "Weather Agent Blueprint" by client "Vendor"']],
  ['an owner of the page', ({ page }) => page.owners.push(seedIds.ben), ['the page, by which users ask it → owner Ben Lindqvist']],
  ['a secret of the page', ({ page }) => page.passwordCredentials.push(aSecret), ['the page, by which users ask it → client secret "more" until 2030-01-01T00:00:00Z']],
  ['a federated credential of the page', ({ page }) => page.federatedIdentityCredentials.push({ id: 'added', name: 'more', issuer: evilUri, subject: 'else', audiences: ['x'] }), [`the page, by which users ask it → federated credential for else of ${evilUri}`]],
  ['an app role of the page', ({ content, named }) => content.appRoleAssignments.push({ ...creation, id: 'added', principalId: named('Weather Agent page').id, resourceId: seedIds.graphPrincipal, appRoleId: graphRoleId('Application.ReadWrite.All') }), ['the page, by which users ask it → app role Application.ReadWrite.All of "Microsoft Graph"']],
  ['a directory role that an agent may activate', ({ content, named }) => content.roleEligibilities.push(aRoleOf(named('alerts').id)), ['agent identity "alerts" → may activate (PIM) directory role Application Administrator in /']],
  ['a directory role that a user account may activate', ({ content, user }) => content.roleEligibilities.push(aRoleOf(user.id)), ['agent identity "weather" → its user account → may activate (PIM) directory role Application Administrator in /']],
  ['a group that an agent may join', ({ content, named }) => content.groupEligibilities.push({ id: 'added', principalId: named('alerts').id, groupId: seedIds.group, accessId: 'member' }), ['agent identity "alerts" → may become member of group "Weather readers" (PIM)']],
  ['a group of which the blueprint may become the owner', ({ content, principal }) => content.groupEligibilities.push({ id: 'added', principalId: principal.id, groupId: seedIds.group, accessId: 'owner' }), ['principal of the blueprint → may become owner of group "Weather readers" (PIM)']],
  ['a directory role of a group of an agent', ({ content, named }) => { content.groups.push({ ...aGroup, members: [named('alerts').id] }); content.roleAssignments.push(aRoleOf('helpers')) }, ['agent identity "alerts" → group or role "Helpers"', 'agent identity "alerts" → directory role Application Administrator in /, by group "Helpers"']],
  ['a directory role that a group of an agent may activate', ({ content, named }) => { content.groups.push({ ...aGroup, members: [named('alerts').id] }); content.roleEligibilities.push(aRoleOf('helpers')) }, ['agent identity "alerts" → group or role "Helpers"', 'agent identity "alerts" → may activate (PIM) directory role Application Administrator in /, by group "Helpers"']],
  ['a group that an agent owns', ({ content, named }) => content.groups.push({ ...aGroup, owners: [named('alerts').id] }), ['agent identity "alerts" → owner of group "Helpers"']],
  ['an application that an agent owns', ({ page, named }) => page.owners.push(named('trainee').id), ['the page, by which users ask it → owner trainee', 'agent identity "trainee" → owner of application "Weather Agent page"']],
  ['a group that a user account owns', ({ content, user }) => content.groups.push({ ...aGroup, owners: [user.id] }), ['agent identity "weather" → its user account → owner of group "Helpers"']],
  ['a consent of the user account to another client', ({ content, user }) => content.permissionGrants.push({ ...aConsent(seedIds.setupPrincipal, seedIds.graphPrincipal, 'Mail.Read'), consentType: 'Principal', principalId: user.id }), ['agent identity "weather" → its user account → consent of one user to Mail.Read of "Microsoft Graph"']],
  ['a role of the tenant’s own for credentials', ({ content }) => { content.roleDefinitions.push(aCustomRole('microsoft.directory/applications/credentials/update')); content.roleAssignments.push(aRoleOf(seedIds.ben, 'Rotator')) }, ['who may change it → holders of directory roles → directory role Rotator (custom) → Ben Lindqvist']],
  ['such a role for activation', ({ content }) => { content.roleDefinitions.push(aCustomRole('microsoft.directory/servicePrincipals/managePermissionGrantsForAll.microsoft-company-admin')); content.roleEligibilities.push(aRoleOf(seedIds.ben, 'Rotator')) }, ['who may change it → who may activate directory roles (PIM) → directory role Rotator (custom) → Ben Lindqvist']],
  ['a directory role for the blueprint alone', ({ content, blueprint }) => content.roleAssignments.push({ ...aRoleOf(seedIds.ben), directoryScopeId: `/${blueprint.id}` }), [expect.stringMatching(/^who may change it → holders of directory roles → directory role Application Administrator → Ben Lindqvist, in ./)]],
  ['a delegated permission of a client', ({ content }) => content.permissionGrants.push(aConsent(seedIds.setupPrincipal, seedIds.graphPrincipal, 'User.Read Application.ReadWrite.All')), ['who may change it → clients with delegated permissions of Microsoft Graph → application "Tenant set-up"']],
  ['a permission of a vendor’s application', ({ content }) => { content.servicePrincipals.push(vendor); content.appRoleAssignments.push({ ...creation, id: 'added', principalId: vendor.id, resourceId: seedIds.graphPrincipal, appRoleId: graphRoleId('Application.ReadWrite.All') }) }, [`who may change it → applications with permissions of Microsoft Graph → ${vendorTitle}`]],
]

describe('the blast radius compares what was planned with the plan, and marks', () => {
  it.each(inPlace)('a change of %s', expectMarked)
})

describe('the blast radius marks what nobody asked for,', () => {
  it.each(around)('such as %s', expectMarked)
})

it.each([
  ['/ownedObjects', 'objects owned by agent identity "weather"'],
  ['/oauth2PermissionGrants?$filter=resourceId', 'clients other than the page that may call the agent'],
  ['/oauth2PermissionGrants?$filter=resourceId', 'clients with delegated permissions of Microsoft Graph'],
  ['/appRoleAssignedTo', 'applications with permissions of Microsoft Graph'],
  ['/owners', 'owners of principal of the blueprint'],
  ['/applications/', 'properties of blueprint "Weather Agent Blueprint"'],
  [
    '/federatedIdentityCredentials',
    'properties of federated credential for system:serviceaccount:a:b of https://i.example',
  ],
])('a question that Graph refuses (%s) costs only its own answer: %s', async (part, title) => {
  tenant.graph.decide = ({ path }) => (decodeURIComponent(path).includes(part) ? 'forbid' : 'pass')
  const { code, output } = await run('blast-radius')
  expect(output).toContain(`not evaluated ${title}`)
  expect(code).toBe(0)
})

describe('of who may change the whole tenant', () => {
  const aRole = (principalId: string) => ({
    ...{ ...creation, id: 'added', principalId, directoryScopeId: '/' },
    roleDefinitionId: stableId('role Global Administrator'),
  })

  it('administrators are not marked, be it that they may activate their role or are in a group that has it', async () => {
    const { content } = tenantNow()
    const group = {
      id: 'admins',
      kind: 'group',
      displayName: 'Admins',
      members: [seedIds.ada],
      owners: [seedIds.ben],
    } as const
    content.groups.push({ ...group, members: [seedIds.ada] })
    content.roleAssignments.push(aRole('admins'))
    content.roleEligibilities.push(aRole(seedIds.ben))
    content.groupEligibilities.push({
      id: 'added',
      principalId: seedIds.ben,
      groupId: 'admins',
      accessId: 'member',
    })
    const { code, radius } = await readRadius()
    expect(code).toBe(0)
    const ways = flatten(radius.who).map(({ way }) => way)
    const role = 'directory role Global Administrator'
    const admins = `who may change it → holders of directory roles → ${role} → Admins`
    expect(ways).toEqual(
      expect.arrayContaining([
        `${admins} → its members → Ada Osei`,
        `${admins} → its owners → Ben Lindqvist`,
        `${admins} → who may join it (PIM) → Ben Lindqvist, as member`,
        `who may change it → who may activate directory roles (PIM) → ${role} → Ben Lindqvist`,
      ]),
    )
  })

  it('permissions that lead to the agents are told with what they permit, and no others', async () => {
    const leading =
      `RoleAssignmentSchedule.ReadWrite.Directory RoleEligibilitySchedule.ReadWrite.Directory RoleManagement.ReadWrite.Directory
      GroupMember.ReadWrite.All Group.ReadWrite.All User.ReadWrite.All EntitlementManagement.ReadWrite.All AppRoleAssignment.ReadWrite.All
      Directory.ReadWrite.All DelegatedPermissionGrant.ReadWrite.All PrivilegedAccess.ReadWrite.AzureADGroup Application.ReadWrite.All
      PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup UserAuthenticationMethod.ReadWrite.All Policy.ReadWrite.ConditionalAccess
      AgentIdentityBlueprint.AddRemoveCreds.All AgentIdentity.ReadWrite.All Synchronization.ReadWrite.All`.split(
        /\s+/,
      )
    const { content, named } = tenantNow()
    const scope = [...leading, 'User.Read', 'Directory.Read.All', 'Mail.ReadWrite'].join(' ')
    content.permissionGrants.push({
      ...aGrant,
      scope,
      clientId: named('Tenant set-up').id,
      resourceId: seedIds.graphPrincipal,
    })
    const { who } = (await readRadius()).radius
    const clients = flatten(who).find(({ title }) => title.startsWith('clients with delegated'))
    const told = clients?.branches?.[0]?.branches?.map(({ title }) => title.split(': may '))
    expect(told?.map(([name]) => name)).toEqual(leading)
    expect(told?.every(([, does]) => does)).toBe(true)
  })

  it('custom roles are listed only if they permit more than reading and making applications', async () => {
    const { content } = tenantNow()
    const permit = (id: string, ...actions: readonly string[]) => {
      const allowedResourceActions = actions.map(one => `microsoft.directory/${one}`)
      content.roleDefinitions.push({
        id,
        displayName: id,
        isBuiltIn: false,
        rolePermissions: [{ allowedResourceActions }],
      })
      content.roleAssignments.push({ ...aRole(seedIds.ben), roleDefinitionId: id })
    }
    permit(
      'harmless',
      'applications/standard/read',
      'applications/createAsOwner',
      'servicePrincipals/create',
      'users/basic/update',
    )
    const leading = [
      'applications/owners/update',
      'applications.myOrganization/credentials/update',
      'groups.security/members/update',
    ]
    for (const action of [
      ...leading,
      'users/authenticationMethods/create',
      'servicePrincipals/allProperties/allTasks',
    ])
      permit(action, 'users/standard/read', action)
    const titles = flatten((await readRadius()).radius.who).map(({ title }) => title)
    expect(titles).not.toContain('directory role harmless (custom)')
    for (const action of leading) expect(titles).toContain(`directory role ${action} (custom)`)
  })

  it('clients with delegated permissions are not marked if they are Microsoft’s, or accepted', async () => {
    const { content, named } = tenantNow()
    const client = named('Tenant set-up')
    content.permissionGrants.push({
      ...aGrant,
      scope: 'Group.ReadWrite.All',
      clientId: client.id,
      resourceId: seedIds.graphPrincipal,
    })
    expect((await readRadius()).code).toBe(3)
    expect((await readRadius('--accept', client.id)).code).toBe(0)
    Object.assign(client, { appOwnerOrganizationId: 'f8cdef31-a31e-4b4a-93e4-5f571e91255a' })
    const { code, radius } = await readRadius()
    expect(code).toBe(0)
    expect(flatten(radius.who).map(({ title }) => title)).toContain(
      'Group.ReadWrite.All: may bring agents or users into groups',
    )
  })
})
