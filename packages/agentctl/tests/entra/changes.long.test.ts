import { expect, it } from 'vitest'
import { graphRoleId, stableId } from '../../../../emulators/entra/src/directory/microsoft.ts'
import {
  newApplication,
  newScope,
  newServicePrincipal,
} from '../../../../emulators/entra/src/directory/objects.ts'
import { makeCertificate } from '../../../../emulators/entra/src/testing/certificate.ts'
import { seedIds } from '../../../../emulators/entra/src/testing/seed-ids.ts'
import {
  addCy,
  aGrant,
  aSecret,
  creation,
  cy,
  foreignId,
  type TenantNow,
  useRadius,
} from './support/radius.ts'

const { tenant, readRadius, tenantNow } = useRadius()
const { run, expectScenes } = tenant
type Change = readonly [what: string, change: (tenant: TenantNow) => unknown]

const { ada, ben, graphPrincipal } = seedIds
const evilUri = 'https://evil.example/'
using made = makeCertificate('more')
const aCredential = { id: 'added', name: 'more', issuer: evilUri, subject: 'else', audiences: ['x'] }
const aRoleOf = (principalId: string, name = 'Application Administrator') => ({
  ...{ ...creation, principalId, directoryScopeId: '/' },
  roleDefinitionId: stableId(`role ${name}`),
})
const aGroup = { id: 'helpers', kind: 'group', displayName: 'Helpers' } as const
const mailOf = (clientId: string) => ({ ...aGrant, clientId, resourceId: graphPrincipal })
const changeApplications = { resourceId: graphPrincipal, appRoleId: graphRoleId('Application.ReadWrite.All') }
const appOwnerOrganizationId = stableId('vendor')
const vendor = newServicePrincipal({
  id: foreignId,
  appId: foreignId,
  displayName: 'Vendor',
  appOwnerOrganizationId,
})
/** A role that the tenant made itself. */
const aCustomRole = (action: string) => ({
  ...{ id: stableId('role Rotator'), displayName: 'Rotator', isBuiltIn: false },
  rolePermissions: [
    {
      allowedResourceActions: [
        'microsoft.directory/applications/standard/read',
        `microsoft.directory/${action}`,
      ],
    },
  ],
})
const changeAll = <One extends object>(all: readonly One[], values: Partial<One>) =>
  all.map(one => Object.assign(one, values))

// biome-ignore format: table
const properties: readonly Change[] = [
  ['a name', ({ api }) => Object.assign(api, { displayName: 'Other' })],
  ['a description, by which a broken-off set-up is found again', ({ page }) => Object.assign(page, { description: null })],
  ['no identifier URI', ({ blueprint }) => Object.assign(blueprint, { identifierUris: [] })],
  ['another name of the blueprint as an API', ({ blueprint }) => Object.assign(blueprint, { identifierUris: [`api://${blueprint.appId}`, 'api://more'] })],
  ['the version of tokens', ({ api }) => Object.assign(api.api, { requestedAccessTokenVersion: 1 })],
  ['a scope that is switched off', ({ blueprint }) => changeAll(blueprint.api.oauth2PermissionScopes, { isEnabled: false })],
  ['a scope that is gone', ({ api }) => Object.assign(api.api, { oauth2PermissionScopes: [] })],
  ['a scope that was made anew by hand', ({ api }) => changeAll(api.api.oauth2PermissionScopes, { id: foreignId })],
  ['a further scope of the API', ({ api }) => api.api.oauth2PermissionScopes.push(newScope(foreignId, 'More'))],
  ['a further scope of the blueprint', ({ blueprint }) => blueprint.api.oauth2PermissionScopes.push(newScope(foreignId, 'More'))],
  ['an app role that is gone', ({ api }) => Object.assign(api, { appRoles: [] })],
  ['an optional claim that is gone', ({ api }) => api.optionalClaims?.accessToken.splice(0, 1)],
  ['the claims of users’ tokens', ({ blueprint }) => blueprint.optionalClaims?.accessToken.splice(0)],
  ['claims that are not accepted as mapped', ({ api }) => Object.assign(api.api, { acceptMappedClaims: null })],
  ['a page that asks for nothing', ({ page }) => Object.assign(page, { requiredResourceAccess: [] })],
  ['a page that asks for more', ({ page }) => page.requiredResourceAccess.push({ resourceAppId: foreignId })],
  ['a redirect URI of the page', ({ page }) => page.spa.redirectUris.push(evilUri)],
  ['a redirect URI of the page for servers', ({ page }) => page.web.redirectUris.push(evilUri)],
  ['a redirect URI of the page for programs', ({ page }) => page.publicClient.redirectUris.push(evilUri)],
  ['a page that takes device codes', ({ page }) => Object.assign(page, { isFallbackPublicClient: true })],
  ['a page that is open to other tenants', ({ page }) => Object.assign(page, { signInAudience: 'AzureADMultipleOrgs' })],
  ['a blueprint that is open to other tenants', ({ blueprint }) => Object.assign(blueprint, { signInAudience: 'AzureADMultipleOrgs' })],
  ['a redirect URI of the blueprint', ({ blueprint }) => blueprint.web.redirectUris.push(evilUri)],
  ['an application that manages the blueprint', ({ blueprint }) => blueprint.managerApplications.push(foreignId)],
  ['a client that needs no consent', ({ blueprint }) => blueprint.api.preAuthorizedApplications.push({ appId: foreignId, delegatedPermissionIds: [] })],
]

// biome-ignore format: table
const credentials: readonly Change[] = [
  ['the subject of a federated credential', ({ blueprint }) => changeAll(blueprint.federatedIdentityCredentials, { subject: 'system:serviceaccount:x:y' })],
  ['the issuer of a federated credential', ({ blueprint }) => changeAll(blueprint.federatedIdentityCredentials, { issuer: evilUri })],
  ['the audience of a federated credential', ({ blueprint }) => changeAll(blueprint.federatedIdentityCredentials, { audiences: ['else'] })],
  ['a federated credential that became an expression', ({ blueprint }) => changeAll(blueprint.federatedIdentityCredentials, { subject: null, claimsMatchingExpression: { value: 'any', languageVersion: 1 } })],
  ['a federated credential that is gone', ({ blueprint }) => Object.assign(blueprint, { federatedIdentityCredentials: [] })],
  ['a further federated credential', ({ blueprint }) => blueprint.federatedIdentityCredentials.push(aCredential)],
  ['a federated credential that matches many subjects', ({ blueprint }) => blueprint.federatedIdentityCredentials.push({ ...aCredential, subject: null, claimsMatchingExpression: { value: "claims['sub'] matches 'repo:*'", languageVersion: 1 } })],
  ['a secret that is gone', ({ blueprint }) => Object.assign(blueprint, { passwordCredentials: [] })],
  ['a further secret', ({ blueprint }) => blueprint.passwordCredentials.push(aSecret)],
  ['a certificate', ({ blueprint }) => blueprint.certificates.push(made.certificate)],
  ['a secret of the blueprint’s principal', ({ principal }) => Object.assign(principal, { passwordCredentials: [aSecret] })],
  ['a certificate of the blueprint’s principal', ({ principal }) => Object.assign(principal, { keyCredentials: [{ ...aSecret, type: 'AsymmetricX509Cert' }] })],
  ['a secret of the page', ({ page }) => page.passwordCredentials.push(aSecret)],
  ['a federated credential of the page', ({ page }) => page.federatedIdentityCredentials.push(aCredential)],
]

// biome-ignore format: table
const rights: readonly Change[] = [
  ['a consent with a blank before its scope, which Entra takes for not granted', ({ grantOf }) => Object.assign(grantOf('alerts'), { scope: ' Weather.Read' })],
  ['a consent to more than was wanted', ({ grantOf }) => Object.assign(grantOf('alerts'), { scope: 'Weather.Read Alerts.ReadWrite' })],
  ['a consent of the user account to more than was wanted', ({ content, user }) => changeAll(content.permissionGrants.filter(one => one.principalId === user.id), { scope: 'Weather.Read Alerts.ReadWrite' })],
  ['a consent to the page to more than was wanted', ({ grantOf }) => Object.assign(grantOf('Weather Agent page'), { scope: 'access_as_user more' })],
  ['a consent of one user in place of that for all', ({ grantOf }) => Object.assign(grantOf('alerts'), { consentType: 'Principal', principalId: ada })],
  ['a consent to another API, which keeps its id', ({ grantOf }) => Object.assign(grantOf('alerts'), { resourceId: graphPrincipal, scope: 'Mail.Read' })],
  ['a consent of an agent without rights', ({ content, named }) => content.permissionGrants.push(mailOf(named('trainee').id))],
  ['another client that users consented to', ({ content, principal }) => { content.servicePrincipals.push(vendor); content.permissionGrants.push({ ...mailOf(vendor.id), resourceId: principal.id, scope: 'access_as_user' }) }],
  ['a consent of the user account to another client', ({ content, user }) => content.permissionGrants.push({ ...mailOf(seedIds.setupPrincipal), consentType: 'Principal', principalId: user.id })],
  ['a consent and an app role that agents inherit', ({ content, principal, blueprint }) => { content.permissionGrants.push(mailOf(principal.id)); content.appRoleAssignments.push({ ...creation, ...changeApplications, principalId: principal.id }); blueprint.inheritablePermissions.push({ resourceAppId: '00000003-0000-0000-c000-000000000000', inheritableScopes: { kind: 'enumerated', scopes: ['Mail.Read'] }, inheritableRoles: { kind: 'allAllowed' } }) }],
  ['an app role assignment that is gone', ({ content, named }) => Object.assign(content, { appRoleAssignments: content.appRoleAssignments.filter(one => one.principalId !== named('weather').id) })],
  ['another app role, which keeps its id', ({ content, named }) => { content.appRoleAssignments = content.appRoleAssignments.map(one => one.principalId === named('weather').id ? { ...one, ...changeApplications } : one) }],
  ['an app role of Graph', ({ content, named }) => content.appRoleAssignments.push({ ...creation, ...changeApplications, principalId: named('alerts').id })],
  ['an app role of the page', ({ content, named }) => content.appRoleAssignments.push({ ...creation, ...changeApplications, principalId: named('Weather Agent page').id })],
  ['somebody else who has an app role of the API', ({ content, named }) => content.appRoleAssignments.push({ ...creation, principalId: seedIds.setupPrincipal, resourceId: named('Weather API').id, appRoleId: foreignId })],
  ['an access package', ({ content, named }) => content.accessPackageAssignments.push({ id: 'added', state: 'delivered', target: { objectId: named('trainee').id }, accessPackage: { displayName: 'Finance' } })],
  ['a group of a group', ({ content, named }) => content.groups.push({ ...aGroup, members: [named('alerts').id] }) && content.groups[0]?.members.push('helpers')],
  ['a group of a user account', ({ content, user }) => content.groups[0]?.members.push(user.id)],
  ['a group that an agent may join', ({ content, named }) => content.groupEligibilities.push({ id: 'added', principalId: named('alerts').id, groupId: seedIds.group, accessId: 'member' })],
  ['a group of which the blueprint may become the owner', ({ content, principal }) => content.groupEligibilities.push({ id: 'added', principalId: principal.id, groupId: seedIds.group, accessId: 'owner' })],
  ['a group that an agent owns', ({ content, named }) => content.groups.push({ ...aGroup, members: [], owners: [named('alerts').id] })],
  ['a group that a user account owns', ({ content, user }) => content.groups.push({ ...aGroup, members: [], owners: [user.id] })],
  ['an application that an agent owns', ({ page, named }) => page.owners.push(named('trainee').id)],
  ['a licence of a user account', ({ content, user }) => { content.users = content.users.map(one => (one.id === user.id ? { ...one, licenseDetails: [{ id: 'added', skuPartNumber: 'SPE_E5' }] } : one)) }],
  ['a directory role', ({ content, named }) => content.roleAssignments.push(aRoleOf(named('weather').id, 'AI Administrator'))],
  ['a directory role that an agent may activate', ({ content, named }) => content.roleEligibilities.push(aRoleOf(named('alerts').id))],
  ['a directory role that a user account may activate', ({ content, user }) => content.roleEligibilities.push(aRoleOf(user.id))],
  ['a directory role of a group of an agent', ({ content, named }) => { content.groups.push({ ...aGroup, members: [named('alerts').id] }); content.roleAssignments.push(aRoleOf('helpers')) }],
  ['a directory role that a group of an agent may activate', ({ content, named }) => { content.groups.push({ ...aGroup, members: [named('alerts').id] }); content.roleEligibilities.push(aRoleOf('helpers')) }],
]

// biome-ignore format: table
const around: readonly Change[] = [
  ['a sponsor of the blueprint who was taken away', ({ blueprint }) => blueprint.sponsors.splice(0)],
  ['a further sponsor of the blueprint', ({ blueprint }) => { blueprint.sponsors = [...blueprint.sponsors, ben] }],
  ['a sponsor of an agent who was taken away', ({ named }) => named('alerts').sponsors.splice(0)],
  ['a sponsor who is disabled', ({ directory }) => Object.assign(directory.user(ada) ?? {}, { accountEnabled: false })],
  ['an owner of the blueprint who was taken away', ({ blueprint }) => blueprint.owners.splice(0)],
  ['a further owner of the blueprint', tenant => tenant.blueprint.owners.push(addCy(tenant))],
  ['an application that owns the blueprint', ({ blueprint, named }) => blueprint.owners.push(named('Weather API').id)],
  ['an owner of the blueprint’s principal', tenant => tenant.principal.owners.push(addCy(tenant))],
  ['an owner of an agent who was taken away', ({ named }) => named('alerts').owners.splice(0)],
  ['a further owner of an agent', tenant => tenant.named('alerts').owners.push(addCy(tenant))],
  ['a further owner of the API', tenant => tenant.api.owners.push(addCy(tenant))],
  ['a further owner of the page', tenant => tenant.page.owners.push(addCy(tenant))],
  ['an agent that is gone', ({ directory, named }) => directory.remove(named('alerts'))],
  ['a principal that is gone', ({ directory, named }) => directory.remove(named('Weather API'))],
  ['another agent, with what it may', ({ content, named }) => { content.servicePrincipals.push({ ...named('trainee'), id: foreignId, appId: foreignId, displayName: 'theirs' }); content.permissionGrants.push(mailOf(foreignId)) }],
  ['another user account', ({ content, named }) => content.users.push({ ...cy, identityParentId: named('trainee').id })],
  ['an ordinary application with the blueprint’s name', ({ content }) => content.applications.push(newApplication({ appId: foreignId, displayName: 'weather agent BLUEPRINT' }))],
  ['an agent that is switched off', ({ named }) => Object.assign(named('alerts'), { accountEnabled: false })],
  ['the blueprint switched off', ({ principal }) => Object.assign(principal, { accountEnabled: false })],
  ['the API switched off', ({ named }) => Object.assign(named('Weather API'), { accountEnabled: false })],
  ['the page switched off', ({ named }) => Object.assign(named('Weather Agent page'), { accountEnabled: false })],
  ['a role of the tenant’s own for credentials', tenant => { tenant.content.roleDefinitions.push(aCustomRole('applications/credentials/update')); tenant.content.roleAssignments.push(aRoleOf(addCy(tenant), 'Rotator')) }],
  ['such a role for activation', tenant => { tenant.content.roleDefinitions.push(aCustomRole('servicePrincipals/managePermissionGrantsForAll.microsoft-company-admin')); tenant.content.roleEligibilities.push(aRoleOf(addCy(tenant), 'Rotator')) }],
  ['a directory role for the blueprint alone', tenant => tenant.content.roleAssignments.push({ ...aRoleOf(addCy(tenant)), directoryScopeId: `/${tenant.blueprint.id}` })],
  ['a delegated permission of a client', ({ content }) => content.permissionGrants.push({ ...mailOf(seedIds.setupPrincipal), scope: 'User.Read Application.ReadWrite.All' })],
  ['a permission of a vendor’s application', ({ content }) => { content.servicePrincipals.push(vendor); content.appRoleAssignments.push({ ...creation, ...changeApplications, principalId: vendor.id }) }],
]

/** What `status` and `blast-radius` tell of a change, and how `apply` corrects it. */
const showChange = (change: Change[1]) => async () => {
  change(tenantNow())
  const { code, output } = await run('status')
  const radius = await readRadius()
  const marked = radius.branches.filter(({ mark }) => mark && mark !== 'unread')
  expect(tenant.writes()).toEqual([])
  return [
    ...(output.match(/^(missing|differs|switched|extra) .*(\n {10}.*)*/gm) ?? []),
    `status ends with ${code}`,
    ...marked.map(({ mark, way }) => `${mark}: ${way}`),
    `blast-radius ends with ${radius.code}`,
    ...(/^(missing|differs|switched) /m.test(output) ? await correct() : []),
  ].join('\n')
}

it.each([
  ['properties', properties],
  ['credentials', credentials],
  ['rights', rights],
  ['around', around],
])(
  '`status` and `blast-radius` tell each change of %s, and `apply` corrects what was asked for',
  { timeout: 600_000 },
  (area, changes) =>
    expectScenes(
      `changed-${area}`,
      changes.map(([what, change]) => [what, showChange(change)]),
    ),
)

async function correct(): Promise<readonly string[]> {
  const applied = await run('apply')
  const after = await run('status')
  return [
    ...tenant.writes().map(line => `→ ${line}`),
    `apply ends with ${applied.code}; then status ends with ${after.code}`,
  ]
}

it('`apply` leaves alone what nobody asked for', async () => {
  const additions = [...properties, ...credentials, ...rights].filter(([what]) =>
    what.startsWith('a further '),
  )
  for (const [, change] of additions) change(tenantNow())
  await run('apply')
  expect(tenant.writes()).toEqual([])
  expect((await run('status')).output).toContain(`${additions.length} things are there that nobody asked for`)
})
