import { describe, expect, it } from 'vitest'
import { graphRoleId, stableId } from '../../emulators/entra/src/directory/graph-permissions.ts'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { makeCertificate } from '../../emulators/entra/src/testing/certificate.ts'
import { requestToken } from '../../emulators/entra/src/testing/start-entra.ts'
import { flatten } from '../../scripts/entra/blast-radius/branch.ts'
import { permissions } from '../../scripts/entra/objects/kinds.ts'
import {
  aGrant,
  aSecret,
  creation,
  foreignId,
  markedWays,
  ofBlueprint,
  type Row,
  type TenantNow,
  useRadius,
} from './support/radius.ts'
import { graphToken } from './support/workplace.ts'

const { tenant, readRadius, tenantNow, expectMarked } = useRadius()
const { run, writes } = tenant

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
    'who may change it → applications with permissions of Microsoft Graph → application "Tenant set-up" → AgentIdentityBlueprint.AddRemoveCreds.All: may give the blueprint credentials, owners, clients',
    'the page, by which users ask it → consent of all users to access_as_user of "Weather Agent Blueprint"',
    'agent identity "weather" → app role Weather.Read.All of "Weather API"',
    'agent identity "weather" → its user account → consent of one user to Weather.Read of "Weather API"',
    'agent identity "alerts" → consent of all users to Weather.Read of "Weather API"',
    'agent identity "trainee" → sponsor Ada Osei',
    'agent identity "trainee" → never used, as far as Graph tells',
  ])
    expect(ways.find(one => one.startsWith(way))).toBe(way)
  expect(writes()).toEqual([])
})

it('the blast radius lists nothing twice', async () => {
  const { who, what } = (await readRadius()).radius
  const consents = flatten([...who, ...what]).filter(({ title }) => title.startsWith('consent '))
  const listed = consents.map(({ id }) => id)
  expect(listed.length).toBeGreaterThan(3)
  expect(listed).toEqual([...new Set(listed)])
})

const cy = {
  id: foreignId,
  displayName: 'Cy',
  userPrincipalName: 'cy@contoso.example',
  mail: 'cy@contoso.example',
}
using made = makeCertificate('more')

// biome-ignore format: table
const additions: Row[] = [
  ['a secret', ({ blueprint }) => blueprint.passwordCredentials.push(aSecret), ['credentials → client secret "more" until 2030-01-01T00:00:00Z']],
  ['a foreign federated credential', ({ blueprint }) => blueprint.federatedIdentityCredentials.push({ id: 'added', name: 'more', issuer: 'https://evil.example', subject: 'else', audiences: ['x'] }), ['credentials → federated credential for else of https://evil.example']],
  ['a blueprint that is open to other tenants', ({ blueprint }) => Object.assign(blueprint, { signInAudience: 'AzureADMultipleOrgs' }), [ofBlueprint('signInAudience is "AzureADMultipleOrgs", wanted "AzureADMyOrg"')]],
  ['a certificate', ({ blueprint }) => blueprint.certificates.push(made.certificate), [expect.stringMatching(/^credentials → certificate "CN=\S+" until /)]],
  ['a federated credential that matches many subjects', ({ blueprint }) => blueprint.federatedIdentityCredentials.push({ id: 'added', name: 'more', issuer: 'https://evil.example', subject: null, audiences: ['x'], claimsMatchingExpression: { value: "claims['sub'] matches 'repo:*'", languageVersion: 1 } }), ["credentials → federated credential for all that match claims['sub'] matches 'repo:*' of https://evil.example"]],
  ['the subject of a federated credential', ({ blueprint }) => blueprint.federatedIdentityCredentials.map(one => Object.assign(one, { subject: 'x' })), ['credentials → federated credential for x of https://i.example; subject is "x", wanted "system:serviceaccount:a:b"']],
  ['the consent to the page', ({ content }) => content.permissionGrants.filter(one => one.scope === 'access_as_user').map(one => Object.assign(one, { scope: 'access_as_user more' })), ['the page, by which users ask it → consent of all users to access_as_user more of "Weather Agent Blueprint"; scope is "access_as_user more", wanted "access_as_user"']],
  ['a role for activation', ({ content, named }) => content.roleEligibilities.push({ ...creation, id: 'added', principalId: named('weather').id, roleDefinitionId: stableId('role AI Administrator'), directoryScopeId: '/' }), ['agent identity "weather" → may activate (PIM) directory role AI Administrator in /']],
  ['an owner', ({ content, blueprint }) => { content.users.push(cy); blueprint.owners.push(cy.id) }, ['who may change it → owner Cy']],
  ['an application that manages the blueprint', ({ blueprint }) => blueprint.managerApplications.push(foreignId), [ofBlueprint(`managerApplications[${foreignId}] is not planned`)]],
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
  it.each(additions)('such as %s', expectMarked)
})

it.each([
  [
    'is missing',
    (tenant: TenantNow) => tenant.named('alerts').sponsors.splice(0),
    'agent identity "alerts" → there is no sponsor',
  ],
  [
    'is disabled',
    ({ blueprint }: TenantNow) => {
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
  for (const what of [
    'who may activate directory roles (PIM)',
    'directory roles that may be activated (PIM) by agent identity "weather"',
    'groups that may be joined (PIM) by user account of agent identity "weather"',
  ])
    expect(output).toContain(`not evaluated ${what}`)
  expect(output).toContain('not evaluated holders of directory roles')
  expect(output).toContain('not evaluated sponsors of agent identity "weather"')
  expect(output).toContain('not evaluated when the blueprint, its secrets and its agents were last used')
  expect(output).toContain('not evaluated access packages of agent identity "weather"')
  expect(output).toMatch(/\d+ not evaluated: nobody knows what is there\.$/)
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
  expect(markedWays(JSON.parse(json.output), 'surplus')).toContainEqual(expect.stringContaining(displayName))
})

it('what Graph says in a refusal is shown in the same way', async () => {
  tenant.graph.decide = () => 'forbid'
  expect((await run('status')).said).toContain('403 "Insufficient privileges.\\u001b[8m\\u000a"')
})

it('the blast radius ends with what it did not look at at all, and what to do', async () => {
  const clean = await run('blast-radius')
  expect(clean.output).toMatch(/\n\nNot looked at at all: Kubernetes without --kube, .*\.\n\n.+$/)
  expect(clean.output).toContain('Nothing but what the plan asked for.')
  expect((await readRadius()).radius.notLookedAt).toMatch(/^Not looked at at all: /)
  tenantNow().blueprint.passwordCredentials.push(aSecret)
  const { output } = await run('blast-radius')
  expect(output).toContain('Found: 1 that the plan did not ask for (SURPLUS). Each may let somebody')
})
