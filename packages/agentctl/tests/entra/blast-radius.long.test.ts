import { expect, it } from 'vitest'
import { stableId } from '../../../../emulators/entra/src/directory/microsoft.ts'
import { seedIds } from '../../../../emulators/entra/src/testing/seed-ids.ts'
import { requestToken } from '../../../../emulators/entra/src/testing/start-entra.ts'
import { permits } from '../../src/entra/blast-radius/changers.ts'
import { addCy, aGrant, aSecret, creation, useRadius } from './support/radius.ts'
import type { Scenes } from './support/tenant.ts'

const { tenant, readRadius, tenantNow } = useRadius()
const { run, show, treat, signInWithout, expectScenes } = tenant
const { ada, graphPrincipal } = seedIds

/** The lines of the blast radius that have such a text. */
const showLines = (pattern: RegExp) => async () => {
  const lines = (await show('blast-radius')).split('\n')
  return lines.filter(line => pattern.test(line)).join('\n')
}
const showUnseen = showLines(/not evaluated|exit code/)
/** The ways of the blast radius that begin so. */
const showWays =
  (start: string, options = '') =>
  async () => {
    const { code, branches } = await readRadius(options)
    const ways = branches.filter(({ way }) => way.startsWith(start)).map(({ way }) => way)
    return [...ways, `exit code ${code}`].join('\n')
  }
const showClients = showWays('who may change it → clients')

function addSurplus(): void {
  const { content, blueprint, named } = tenantNow()
  blueprint.passwordCredentials.push(aSecret)
  content.permissionGrants.push({ ...aGrant, clientId: named('trainee').id, resourceId: graphPrincipal })
  content.groups[0]?.members.push(named('alerts').id)
}
async function useSecret(): Promise<void> {
  const { blueprint, named } = tenantNow()
  blueprint.passwordCredentials.push(aSecret)
  const t1 = {
    client_id: blueprint.appId,
    grant_type: 'client_credentials',
    scope: 'api://AzureADTokenExchange/.default',
    fmi_path: named('weather').id,
    client_secret: aSecret.secretText,
  }
  expect((await requestToken(tenant, t1)).status).toBe(200)
}
const questions = [
  '/ownedObjects',
  '/oauth2PermissionGrants?$filter=resourceId',
  '/appRoleAssignedTo',
  '/owners',
  '/applications/',
  '/federatedIdentityCredentials',
]

const aRole = (principalId: string, id = stableId('role Global Administrator')) => ({
  ...{ ...creation, principalId, directoryScopeId: '/' },
  roleDefinitionId: id,
})
function addAdministrators(): void {
  const { content } = tenantNow()
  const cy = addCy(tenantNow())
  content.groups.push({ id: 'admins', kind: 'group', displayName: 'Admins', members: [ada], owners: [cy] })
  content.roleAssignments.push(aRole('admins'))
  content.roleEligibilities.push(aRole(cy))
  content.groupEligibilities.push({ id: 'added', principalId: cy, groupId: 'admins', accessId: 'member' })
}
const consentTo = (scope: string, clientId: string) => () =>
  void tenantNow().content.permissionGrants.push({ ...aGrant, scope, clientId, resourceId: graphPrincipal })
const leadingAndOthers = [...permits.keys(), 'User.Read', 'Directory.Read.All', 'Mail.ReadWrite'].join(' ')
const { setupPrincipal } = seedIds
const makeMicrosofts = () =>
  Object.assign(tenantNow().named('Tenant set-up'), {
    appOwnerOrganizationId: 'f8cdef31-a31e-4b4a-93e4-5f571e91255a',
  })
const harmless = ['applications/createAsOwner', 'servicePrincipals/create', 'users/basic/update']
const leading = [
  ...['applications/owners/update', 'applications.myOrganization/credentials/update'],
  ...['groups.security/members/update', 'users/authenticationMethods/create'],
  'servicePrincipals/allProperties/allTasks',
]
function addCustomRoles(): void {
  const { content } = tenantNow()
  const cy = addCy(tenantNow())
  for (const actions of [harmless, ...leading.map(action => ['users/standard/read', action])]) {
    const id = actions.join()
    const allowedResourceActions = actions.map(action => `microsoft.directory/${action}`)
    const rolePermissions = [{ allowedResourceActions }]
    content.roleDefinitions.push({ id, displayName: id, isBuiltIn: false, rolePermissions })
    content.roleAssignments.push(aRole(cy, id))
  }
}

// biome-ignore format: table
const scenes: Scenes = [
  ['has only what the plan asked for, and says in the end what it did not look at', 'blast-radius'],
  ['marks what nobody asked for, and says how much there is', addSurplus, showLines(/SURPLUS|exit code/)],
  ['shows when blueprint, secrets and agents were last used, if Graph reports it', useSecret, showLines(/ used/)],
  ['reports what Graph does not show as “not evaluated”, never as clean', signInWithout(/^RoleManagement\./), showUnseen],
  ...questions.map(part => [`loses only its own answer if Graph refuses ${part}`, treat('forbid', ({ path }) => decodeURIComponent(path).includes(part)), showUnseen] as const),
  ['does not mark administrators, be it that they may activate their role or are in a group that has it', addAdministrators, showWays('who may change it →')],
  ['tells permissions that lead to the agents with what they permit, and no others', consentTo(leadingAndOthers, setupPrincipal), showClients],
  ['lists custom roles only if they permit more than reading and making applications', addCustomRoles, showWays('who may change it → holders')],
  ['does not mark clients with delegated permissions if they are accepted, or Microsoft’s', consentTo('Group.ReadWrite.All', setupPrincipal), showClients, showWays('who may change it → clients', `--accept ${setupPrincipal}`), makeMicrosofts, showClients],
]

it('the blast radius of a set-up tells who can be its agents and what they may', () =>
  expectScenes('blast-radius', scenes))

it('names of the directory can neither hide a line nor add one, in text and in JSON', async () => {
  const { content, named } = tenantNow()
  const displayName = 'x\u001b[2K\u001b[1A\u001b[8m\n└─ all is well\u202e\u2028\u009b'
  content.groups.push({ id: 'odd', kind: 'group', displayName, members: [named('weather').id] })
  const { output } = await run('blast-radius')
  const shown = 'x\\u001b[2K\\u001b[1A\\u001b[8m\\u000a└─ all is well\\u202e\\u2028\\u009b'
  expect(output.split('\n')).toContainEqual(expect.stringContaining(`SURPLUS group or role "${shown}" odd`))
  expect(output).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u)
  expect((await run('status')).output).toContain(`group or role "${shown}", of`)
  const json = await run('blast-radius --json')
  expect(json.output).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u)
  expect(json.output).toContain('\\u202e')
  const { branches } = await readRadius()
  expect(branches).toContainEqual(expect.objectContaining({ title: `group or role "${displayName}"` }))
})
