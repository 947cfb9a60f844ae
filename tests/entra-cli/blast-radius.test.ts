import { reviewPermissions } from '@entra-bedrock-agent/identity-trace'
import { describe, expect, it } from 'vitest'
import { graphRoleId, stableId } from '../../emulators/entra/src/directory/graph-permissions.ts'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { requestToken } from '../../emulators/entra/src/testing/start-entra.ts'
import { type BlastRadius, type Branch, flatten } from '../../scripts/entra/blast-radius/branch.ts'
import { permissions } from '../../scripts/entra/objects/kinds.ts'
import { useSetUp } from './support/tenant.ts'
import { graphToken } from './support/workplace.ts'

const readerRoles = [...permissions, ...reviewPermissions]
const cluster = '--cluster-issuer https://i.example --service-account a:b'
const agents = '--agent weather:autonomous+obo+agent-user --agent alerts:obo --agent trainee:none'
const tenant = useSetUp(`apply ${cluster} ${agents}`, readerRoles)
const { content, run, writes } = tenant

async function readRadius(...given: readonly string[]) {
  const { code, output } = await run('blast-radius --json', ...given)
  return { code, radius: JSON.parse(output) as BlastRadius & { readonly counts: object } }
}

const markedWays = ({ who, what }: BlastRadius, mark: Branch['mark']) =>
  flatten([...who, ...what]).flatMap(one => (one.mark === mark ? [one.way] : []))

type Change = (tenant: ReturnType<typeof tenantNow>) => unknown

function tenantNow() {
  const named = (name: string) => {
    const found = content().servicePrincipals.find(({ displayName }) => displayName === name)
    if (!found) throw new Error(`There is no ${name}.`)
    return found
  }
  const blueprint = content().applications.find(({ kind }) => kind === 'agentIdentityBlueprint')
  const user = content().users.find(({ identityParentId }) => identityParentId !== undefined)
  if (!blueprint || !user) throw new Error('There is no blueprint or no user account.')
  return { content: content(), blueprint, named, user, principal: named('Weather Agent Blueprint') }
}

it('the blast radius of a set-up has only what the plan asked for, and reading it writes nothing', async () => {
  const { code, radius } = await readRadius()
  expect(markedWays(radius, 'surplus')).toEqual([])
  expect(markedWays(radius, 'fault')).toEqual([])
  expect(markedWays(radius, 'unread')).toEqual([expect.stringContaining('Azure RBAC')])
  expect(code).toBe(0)
  const ways = flatten([...radius.who, ...radius.what]).map(({ way }) => way)
  for (const way of [
    'credentials → federated credential for system:serviceaccount:a:b of https://i.example',
    'who may change it → owner Ada Osei',
    'who may change it → applications with permissions of Microsoft Graph → application "Tenant set-up" → AgentIdentityBlueprint.AddRemoveCreds.All',
    'agent identity "weather" → app role Weather.Read.All of "Weather API"',
    'agent identity "weather" → its user account → consent of one user to Weather.Read of "Weather API"',
    'agent identity "alerts" → consent of all users to Weather.Read of "Weather API"',
    'agent identity "trainee" → sponsor Ada Osei',
    'agent identity "trainee" → never used, as far as Graph tells',
  ])
    expect(ways.find(one => one.startsWith(way))).toBe(way)
  expect(writes()).toEqual([])
})

const foreignId = '99999999-0000-4000-8000-000000000001'
const cy = {
  id: foreignId,
  displayName: 'Cy',
  userPrincipalName: 'cy@contoso.example',
  mail: 'cy@contoso.example',
}
const aSecret = {
  keyId: 'added',
  displayName: 'more',
  startDateTime: '2026-11-01T00:00:00Z',
  endDateTime: '2030-01-01T00:00:00Z',
  secretText: 'text',
}
const aGrant = { id: 'added', consentType: 'AllPrincipals', principalId: null, scope: 'Mail.Read' } as const
const creation = { createdDateTime: '2026-11-01T00:00:00Z' }

// biome-ignore format: table
const additions: [what: string, change: Change, ways: readonly string[]][] = [
  ['a secret', ({ blueprint }) => blueprint.passwordCredentials.push(aSecret), ['credentials → client secret "more" until 2030-01-01T00:00:00Z']],
  ['a foreign federated credential', ({ blueprint }) => blueprint.federatedIdentityCredentials.push({ id: 'added', name: 'more', issuer: 'https://evil.example', subject: 'else', audiences: ['x'] }), ['credentials → federated credential for else of https://evil.example']],
  ['a blueprint that is open to other tenants', ({ blueprint }) => Object.assign(blueprint, { signInAudience: 'AzureADMultipleOrgs' }), ['credentials → it is open to other tenants (signInAudience AzureADMultipleOrgs)']],
  ['an owner', ({ content, blueprint }) => { content.users.push(cy); blueprint.owners.push(cy.id) }, ['who may change it → owner Cy']],
  ['an application that manages the blueprint', ({ blueprint }) => blueprint.managerApplications.push(foreignId), [`who may change it → manager application ${foreignId}`]],
  ['an owner of an agent', ({ content, named }) => { content.users.push(cy); named('alerts').owners.push(cy.id) }, ['agent identity "alerts" → owner Cy']],
  ['a consent', ({ content, named }) => content.permissionGrants.push({ ...aGrant, clientId: named('trainee').id, resourceId: seedIds.graphPrincipal }), ['agent identity "trainee" → consent of all users to Mail.Read of "Microsoft Graph"']],
  [
    'a consent that agents inherit',
    ({ content, blueprint, principal }) => {
      content.permissionGrants.push({ ...aGrant, clientId: principal.id, resourceId: seedIds.graphPrincipal })
      blueprint.inheritablePermissions.push({ resourceAppId: '00000003-0000-0000-c000-000000000000', inheritableScopes: { kind: 'enumerated', scopes: ['Mail.Read'] } })
    },
    [
      'principal of the blueprint → consent of all users to Mail.Read of "Microsoft Graph"',
      'what agents inherit at 00000003-0000-0000-c000-000000000000: scopes enumerated, app roles none',
      ...['weather', 'alerts', 'trainee'].map(name => `agent identity "${name}" → consent of all users to Mail.Read of "Microsoft Graph", inherited from the blueprint`),
    ],
  ],
  ['an app role', ({ content, named }) => content.appRoleAssignments.push({ ...creation, id: 'added', principalId: named('alerts').id, resourceId: seedIds.graphPrincipal, appRoleId: graphRoleId('Application.ReadWrite.All') }), ['agent identity "alerts" → app role Application.ReadWrite.All of "Microsoft Graph"']],
  ['a group of a group', ({ content, named }) => content.groups.push({ id: 'inner', kind: 'group', displayName: 'Inner', members: [named('alerts').id] }) && content.groups[0]?.members.push('inner'), ['agent identity "alerts" → group or role "Inner"', 'agent identity "alerts" → group or role "Weather readers"']],
  ['a directory role', ({ content, named }) => content.roleAssignments.push({ ...creation, id: 'added', principalId: named('weather').id, roleDefinitionId: stableId('role AI Administrator'), directoryScopeId: '/' }), ['agent identity "weather" → directory role AI Administrator in /']],
  ['an access package', ({ content, named }) => content.accessPackageAssignments.push({ id: 'added', state: 'delivered', target: { objectId: named('trainee').id }, accessPackage: { displayName: 'Finance' } }), ['agent identity "trainee" → access package "Finance"']],
  ['a group of a user account', ({ content, user }) => content.groups[0]?.members.push(user.id), ['agent identity "weather" → its user account → group or role "Weather readers"']],
  ['a licence of a user account', ({ content, user }) => { content.users = content.users.map(one => (one.id === user.id ? { ...one, licenseDetails: [{ id: 'added', skuPartNumber: 'SPE_E5' }] } : one)) }, ['agent identity "weather" → its user account → licence SPE_E5']],
  ['a user account that nobody planned', ({ content, named }) => content.users.push({ ...cy, identityParentId: named('trainee').id }), ['agent identity "trainee" → its user account']],
  [
    'an agent that nobody planned, with what it may',
    ({ content, named }) => {
      content.servicePrincipals.push({ ...named('trainee'), id: foreignId, appId: foreignId, displayName: 'theirs' })
      content.permissionGrants.push({ ...aGrant, clientId: foreignId, resourceId: seedIds.graphPrincipal })
    },
    ['agent identity "theirs"', 'agent identity "theirs" → consent of all users to Mail.Read of "Microsoft Graph"'],
  ],
]

describe('the blast radius marks what nobody asked for,', () => {
  it.each(additions)('such as %s', async (_what, change, ways) => {
    change(tenantNow())
    const { code, radius } = await readRadius()
    expect(markedWays(radius, 'surplus')).toEqual(ways)
    expect(code).toBe(3)
  })
})

it.each([
  [
    'is missing',
    (tenant: ReturnType<typeof tenantNow>) => tenant.named('alerts').sponsors.splice(0),
    'agent identity "alerts" → there is no sponsor',
  ],
  [
    'is disabled',
    ({ blueprint }: ReturnType<typeof tenantNow>) => {
      const ada = tenant.entra.directory.user(seedIds.ada)
      if (ada && blueprint) ada.accountEnabled = false
    },
    'agent identity "alerts" → sponsor Ada Osei is disabled',
  ],
])('a sponsor who %s is marked as a fault', async (_what, change, words) => {
  change(tenantNow())
  const { code, radius } = await readRadius()
  expect(markedWays(radius, 'fault')).toContainEqual(expect.stringContaining(words))
  expect(code).toBe(3)
})

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
  const { who, what } = (await readRadius()).radius
  const ways = flatten([...who, ...what]).map(({ way }) => way)
  const time = String.raw`\d{4}-\d\d-\d\dT\S+Z`
  for (const way of [
    `credentials → client secret "more" until \\S+, last used ${time}`,
    `credentials → the blueprint: last used as itself ${time}`,
    'agent identity "weather" → never used, as far as Graph tells',
  ])
    expect(ways).toContainEqual(expect.stringMatching(new RegExp(`^${way}$`)))
})

it('what Graph does not show is reported as “not evaluated”, never as clean', async () => {
  tenant.workplace.useToken(
    await graphToken(
      tenant,
      permissions.filter(one => !one.startsWith('RoleManagement.')),
    ),
  )
  const { output } = await run('blast-radius')
  expect(output).toContain('not evaluated holders of directory roles')
  expect(output).toContain('not evaluated sponsors of agent identity "weather"')
  expect(output).toContain('not evaluated when the blueprint, its secrets and its agents were last used')
  expect(output).toContain('not evaluated access packages of agent identity "weather"')
  expect(output).toMatch(/\d+ not evaluated: nobody knows what is there\.$/)
})
