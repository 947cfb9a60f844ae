import { describe, expect, it } from 'vitest'
import { stableId } from '../../../../emulators/entra/src/directory/graph-permissions.ts'
import { seedIds } from '../../../../emulators/entra/src/directory/seed.ts'
import { requestToken } from '../../../../emulators/entra/src/testing/start-entra.ts'
import { permits } from '../../src/entra/blast-radius/tenant-rights.ts'
import { permissions } from '../../src/entra/objects/kinds.ts'
import { addCy, aGrant, aSecret, creation, useRadius } from './support/radius.ts'
import { graphToken } from './support/workplace.ts'

const { tenant, readRadius, tenantNow } = useRadius()
const { run, show, expectShown, expectGolden } = tenant
const { ada, graphPrincipal } = seedIds

it('the blast radius of a set-up has only what the plan asked for, and says in the end what it did not look at', () =>
  expectShown('blast-radius', 'blast-radius'))

it('the blast radius marks what nobody asked for, and says how much there is', async () => {
  const { content, blueprint, named } = tenantNow()
  blueprint.passwordCredentials.push(aSecret)
  content.permissionGrants.push({ ...aGrant, clientId: named('trainee').id, resourceId: graphPrincipal })
  content.groups[0]?.members.push(named('alerts').id)
  await expectGolden('blast-radius-with-surplus', await showLines(/SURPLUS|exit code/))
})

async function showLines(pattern: RegExp): Promise<string> {
  const lines = (await show('blast-radius')).split('\n')
  return lines.filter(line => pattern.test(line)).join('\n')
}

it('the blast radius shows when blueprint, secrets and agents were last used, if Graph reports it', async () => {
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
  await expectGolden('blast-radius-last-used', await showLines(/ used/))
})

it('what Graph does not show is reported as “not evaluated”, never as clean', async () => {
  const scopes = permissions.filter(one => !one.startsWith('RoleManagement.'))
  tenant.workplace.useToken(await graphToken(tenant, scopes))
  await expectGolden('blast-radius-unseen', await showLines(/not evaluated|exit code/))
})

it('a question that Graph refuses costs only its own answer', async () => {
  const parts = [
    '/ownedObjects',
    '/oauth2PermissionGrants?$filter=resourceId',
    '/appRoleAssignedTo',
    '/owners',
    '/applications/',
    '/federatedIdentityCredentials',
  ]
  await tenant.expectRows(
    'blast-radius-refused',
    parts.map(part => [part] as const),
    ([part]) => {
      tenant.graph.decide = ({ path }) => (decodeURIComponent(path).includes(part) ? 'forbid' : 'pass')
      return showLines(/not evaluated|exit code/)
    },
  )
})

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

describe('of who may change the whole tenant', () => {
  const aRole = (principalId: string, id = stableId('role Global Administrator')) => ({
    ...{ ...creation, principalId, directoryScopeId: '/' },
    roleDefinitionId: id,
  })
  const showTitles = async (start: string, options = '') => {
    const { code, branches } = await readRadius(options)
    const ways = branches.filter(({ way }) => way.startsWith(start)).map(({ way }) => way)
    return tenant.withNames([...ways, `exit code ${code}`].join('\n'))
  }

  it('administrators are not marked, be it that they may activate their role or are in a group that has it', async () => {
    const { content } = tenantNow()
    const cy = addCy(tenantNow())
    content.groups.push({ id: 'admins', kind: 'group', displayName: 'Admins', members: [ada], owners: [cy] })
    content.roleAssignments.push(aRole('admins'))
    content.roleEligibilities.push(aRole(cy))
    content.groupEligibilities.push({ id: 'added', principalId: cy, groupId: 'admins', accessId: 'member' })
    await expectGolden('administrators', await showTitles('who may change it →'))
  })

  it('permissions that lead to the agents are told with what they permit, and no others', async () => {
    const scope = [...permits.keys(), 'User.Read', 'Directory.Read.All', 'Mail.ReadWrite'].join(' ')
    const clientId = seedIds.setupPrincipal
    tenantNow().content.permissionGrants.push({ ...aGrant, scope, clientId, resourceId: graphPrincipal })
    await expectGolden('leading-permissions', await showTitles('who may change it → clients'))
  })

  it('custom roles are listed only if they permit more than reading and making applications', async () => {
    const { content } = tenantNow()
    const cy = addCy(tenantNow())
    const harmless = ['applications/createAsOwner', 'servicePrincipals/create', 'users/basic/update']
    const leading = [
      ...['applications/owners/update', 'applications.myOrganization/credentials/update'],
      ...['groups.security/members/update', 'users/authenticationMethods/create'],
      'servicePrincipals/allProperties/allTasks',
    ]
    for (const actions of [harmless, ...leading.map(action => ['users/standard/read', action])]) {
      const id = actions.join()
      const allowedResourceActions = actions.map(action => `microsoft.directory/${action}`)
      const rolePermissions = [{ allowedResourceActions }]
      content.roleDefinitions.push({ id, displayName: id, isBuiltIn: false, rolePermissions })
      content.roleAssignments.push(aRole(cy, id))
    }
    await expectGolden('custom-roles', await showTitles('who may change it → holders'))
  })

  it('clients with delegated permissions are not marked if they are Microsoft’s, or accepted', async () => {
    const { content, named } = tenantNow()
    const client = named('Tenant set-up')
    const scope = 'Group.ReadWrite.All'
    content.permissionGrants.push({ ...aGrant, scope, clientId: client.id, resourceId: graphPrincipal })
    expect((await readRadius()).code).toBe(3)
    expect((await readRadius(`--accept ${client.id}`)).code).toBe(0)
    Object.assign(client, { appOwnerOrganizationId: 'f8cdef31-a31e-4b4a-93e4-5f571e91255a' })
    await expectGolden('clients-of-microsoft', await showTitles('who may change it → clients'))
  })
})
