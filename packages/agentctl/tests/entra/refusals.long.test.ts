import { expect, it } from 'vitest'
import { newApplication } from '../../../../emulators/entra/src/directory/objects.ts'
import { seedIds } from '../../../../emulators/entra/src/testing/seed-ids.ts'
import { permissions } from '../../src/entra/objects/kinds.ts'
import { type Scenes, useTenant } from './support/tenant.ts'
import { applicationToken, graphToken } from './support/workplace.ts'

const tenant = useTenant()
const { content, run, quietly, treat, signInWithout, expectNoReceipt, expectScenes } = tenant

const apply = 'apply --client-secret --cluster-issuer https://i.example --service-account a:b'
const foreignId = '77777777-7777-4777-8777-777777777777'
const madeApplications = () =>
  content().applications.filter(({ description }) => description?.startsWith('Made by'))
const countMade = () => `applications made: ${madeApplications().length}`

const useToken = async (token: string | Promise<string>) => tenant.workplace.useToken(await token)
const signIn = (more: Readonly<Record<string, unknown>>) => () =>
  useToken(graphToken(tenant, permissions, more))
/** A permission, and the one that includes it. */
const orHigher = (permission: string) =>
  new RegExp(`^(${permission}|${permission.split('.')[0]}\\.ReadWrite\\.All)$`)

const forbidMaking = (path: string) =>
  treat('forbid', call => call.method === 'POST' && call.path === `/v1.0${path}`)
const forbidDeleting = (key: string) =>
  treat('forbid', ({ method, path }) => method === 'DELETE' && path.endsWith(tenant.idOf(key)))
const set = (values: Parameters<typeof tenant.entra.settings.change>[0]) => () =>
  tenant.entra.settings.change(values)

const ofAgents = [
  'AgentIdentityBlueprint.Create',
  'AgentIdentityBlueprint.AddRemoveCreds.All',
  'AgentIdentityBlueprint.Read.All',
  'AgentIdentityBlueprint.UpdateAuthProperties.All',
  'AgentIdentity.Read.All',
  'AgentIdentity.Create.All',
]
const others = [
  'AgentIdentityBlueprintPrincipal.Create',
  'DelegatedPermissionGrant.ReadWrite.All',
  'AppRoleAssignment.ReadWrite.All',
  'Application.ReadWrite.All',
]
const ownerPermissions = ['AgentIdentityBlueprint.ReadWrite.All', 'AgentIdentity.ReadWrite.All']

it('a refusal names the missing permission and the least role that has it, before anything is made', () =>
  expectScenes(
    'permission-missing',
    [...ofAgents, ...others].map(one => [one, signInWithout(orHigher(one)), apply]),
  ))

it('a refusal names them when Graph refuses, if the token has a permission of which only Graph knows what it permits', () =>
  expectScenes(
    'permission-refused',
    ofAgents.map(one => [
      one,
      signInWithout(orHigher(one), 'Directory.ReadWrite.All'),
      apply,
      () => useToken(tenant.token),
      quietly(apply),
    ]),
  ))

// biome-ignore format: table
const missing: Scenes = [
  ['in the plan', signInWithout(orHigher('AgentIdentity.Create.All')), 'plan', expectNoReceipt],
  ['a role of the user, to make applications', forbidMaking('/applications'), apply],
  ['a role of the user, to make agents', forbidMaking('/servicePrincipals'), apply],
  ['a role of the user, to consent', forbidMaking('/oauth2PermissionGrants'), apply],
  ['renaming a blueprint, which needs a permission of its own', quietly('apply'), treat('forbid', ({ method }) => method === 'PATCH'), 'apply --blueprint-name Other'],
  ['deleting an application', quietly('apply'), forbidDeleting('page'), 'destroy --yes'],
  ['deleting a blueprint, with two roles, since Microsoft’s pages name one or the other', quietly('apply'), forbidDeleting('blueprint'), 'destroy --yes'],
  ['finding out who is signed in, which needs no role', treat('forbid', ({ path }) => path === '/v1.0/me'), 'apply'],
  ...ownerPermissions.map(one => [`giving owners, without ${one}`, quietly('apply'), signInWithout(new RegExp(`^${one}`)), `apply --owner ${seedIds.ben}`] as const),
  ['switching agents off', quietly('apply'), signInWithout(/^AgentIdentity\..*(EnableDisable|ReadWrite)/), 'disable'],
  ['deleting agents', quietly('apply'), signInWithout(/^AgentIdentity\..*(DeleteRestore|ReadWrite)/), 'destroy --yes'],
  ['everything, with a token of the Azure CLI, so other ways to sign in are named', signInWithout(/^$/, 'Directory.AccessAsUser.All'), 'apply'],
]

it('a refusal names what is missing for each deed', () => expectScenes('deeds-refused', missing))

it('nothing is missing if the token has a higher permission, ReadWrite.All, in place of the least', async () => {
  await signInWithout(/^AgentIdentity(Blueprint)?\.(?!.*(ReadWrite|DeleteRestore))/)()
  expect(await run(apply)).toMatchObject({ code: 0, said: '' })
  await quietly('disable', 'enable', 'destroy --yes')()
})

const nameTaken = (displayName: string, kind: 'application' | 'agentIdentityBlueprint') =>
  [
    `an application of that name: ${kind} ${displayName}`,
    () => content().applications.push(newApplication({ appId: foreignId, displayName, kind })),
    'plan',
    'apply',
  ] as const
/** More applications than a user may make. */
const fillQuota = () => {
  for (let index = 0; index < 2_000; index++)
    content().applications.push(newApplication({ appId: `app-${index}`, displayName: `App ${index}` }))
}

// biome-ignore format: table
const obstacles: Scenes = [
  ['the token has expired', signIn({ lifetimeSeconds: -10 }), 'apply'],
  ['the token is for another tenant, so nothing is asked', signIn({ claims: { tid: '99999999-9999-4999-8999-999999999999' } }), 'apply', () => expect(tenant.graph.calls).toEqual([])],
  ['the tenant demands a service management reference', set({ demandsServiceManagementReference: true }), 'apply', quietly('apply --service-management-reference team-7'), () => `references: ${madeApplications().map(one => one.serviceManagementReference)}`],
  ['the quota is used up', fillQuota, 'apply'],
  nameTaken('Weather Agent Blueprint', 'agentIdentityBlueprint'),
  nameTaken('Weather Agent Blueprint', 'application'),
  nameTaken('Weather API', 'application'),
  nameTaken('Weather Agent page', 'application'),
  nameTaken('weather agent PAGE', 'application'),
  ['a sponsor does not exist', 'apply --sponsor nobody@contoso.example'],
  ['no user is signed in who could be the sponsor', () => useToken(applicationToken(tenant, permissions)), 'apply', quietly(`apply --sponsor ${seedIds.ben}`)],
]

it('apply says in words what is in its way', () => expectScenes('apply-refused', obstacles))

/** Graph accepts changes that are meant, and does not keep them. */
const swallow = (isMeant: (path: string) => boolean) =>
  treat('swallow', ({ method, path }) => method === 'PATCH' && isMeant(path))
const swallowTwice = () => {
  let swallowed = 0
  swallow(path => path.startsWith('/v1.0/applications/') && swallowed++ < 2)()
}
const refuse = (code: number, retryAfterSeconds?: number, times = 2) => ({
  target: { leg: 'graph' as const },
  fault: { kind: 'refuse' as const, code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
  times,
})

// biome-ignore format: table
const delays: Scenes = [
  ['apply waits for new objects', set({ missedLookUps: 7 }), apply, 'status', countMade, () => `secrets: ${madeApplications().flatMap(one => one.passwordCredentials).length}`],
  ['apply gives up when the time to wait is over, and the next run continues', set({ missedLookUps: 1_000 }), 'apply --wait 60', set({ missedLookUps: 0 }), quietly('apply'), countMade],
  ['a change is accepted but not kept, and made again', swallowTwice, 'apply', 'status'],
  ['a change is accepted but never kept', swallow(() => true), 'apply --wait 20'],
  ['Graph asks to wait longer than apply waits', () => tenant.entra.faults.inject(refuse(90055, 600, 1)), 'apply'],
]

it('apply says what it waits for and how long when Entra takes its time', () =>
  expectScenes('apply-waits', delays))

it('apply waits as long as Graph asks when it limits requests, and through an outage', async () => {
  tenant.entra.faults.inject(refuse(90055, 7), refuse(90033))
  // The first request, which looks Ada up, meets both faults, each of them twice.
  const { code, said, pauses } = await run('apply')
  expect(code).toBe(0)
  expect(said).toContain('Graph limits the rate of requests')
  expect(said).toContain('Graph has a problem of its own (503 ServiceUnavailable)')
  expect(pauses).toEqual([7, 7, 4, 8])
})

it('apply consents for all users, even if one user has consented for themselves', async () => {
  await run('apply')
  const [forAll, ...others] = content().permissionGrants
  const ofAda = { id: 'of-ada', consentType: 'Principal', principalId: seedIds.ada } as const
  content().permissionGrants = [...(forAll ? [{ ...forAll, ...ofAda }] : []), ...others]
  tenant.workplace.pass(600)
  expect((await run('apply')).output).toContain('created')
  const consents = content().permissionGrants.map(one => one.consentType)
  expect(consents).toEqual(['Principal', 'AllPrincipals', 'AllPrincipals'])
})
