import { describe, expect, it } from 'vitest'
import { newApplication } from '../../emulators/entra/src/directory/objects.ts'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { permissions } from '../../scripts/entra/objects/kinds.ts'
import { useTenant } from './support/tenant.ts'
import { graphToken } from './support/workplace.ts'

const tenant = useTenant()
const { content, run } = tenant

const allOptions = ['--client-secret', '--cluster-issuer', 'https://i.example', '--service-account', 'a:b']

describe('a refusal names the missing permission and the least role that has it', () => {
  const developer = 'Agent ID Developer'
  const consenter = 'Cloud Application Administrator'
  const without = (permission: string, ...more: readonly string[]) => {
    const higher = `${permission.split('.')[0]}.ReadWrite.All`
    return graphToken(tenant, [...permissions.filter(one => ![permission, higher].includes(one)), ...more])
  }
  // biome-ignore format: table
  const ofAgents: readonly [permission: string, role: string, step: string][] = [
    ['AgentIdentityBlueprint.Create', developer, 'blueprint "Weather Agent Blueprint"'],
    ['AgentIdentityBlueprint.AddRemoveCreds.All', 'Agent ID Administrator', 'client secret of the blueprint'],
    ['AgentIdentityBlueprint.Read.All', developer, 'blueprint "Weather Agent Blueprint"'],
    ['AgentIdentityBlueprint.UpdateAuthProperties.All', developer, 'blueprint "Weather Agent Blueprint"'],
    ['AgentIdentity.Read.All', developer, 'agent identity "weather-agent"'],
    ['AgentIdentity.Create.All', developer, 'agent identity "weather-agent"'],
  ]

  // biome-ignore format: table
  it.each<(typeof ofAgents)[number]>([
    ['AgentIdentityBlueprintPrincipal.Create', developer, 'principal of the blueprint'],
    ['DelegatedPermissionGrant.ReadWrite.All', consenter, 'consent for all users'],
    ['AppRoleAssignment.ReadWrite.All', consenter, 'app role Weather.Read.All'],
    ['Application.ReadWrite.All', consenter, 'principal of the blueprint'],
    ...ofAgents,
  ])('before anything is made: the permission %s', async (permission, role, step) => {
    tenant.workplace.useToken(await without(permission))
    const { code, said } = await run('apply', ...allOptions)
    expect(code).toBe(1)
    expect(said).toContain('(PermissionMissing)')
    expect(said).toContain('Nothing was made yet.')
    expect(said).toMatch(new RegExp(`permission ${permission}, with which goes the role "${role}", for: .*${step}`))
    const plan = await run('plan', ...allOptions)
    expect(`${plan.output}${plan.said}`).toContain(`permission ${permission}`)
    expect(tenant.graph.calls.filter(({ method }) => method !== 'GET')).toEqual([])
    expect(tenant.workplace.hasReceipt).toBe(false)
  })

  it.each(ofAgents)(
    'when Graph refuses for lack of the permission %s, if the token has one of which only Graph knows what it permits',
    async (permission, role, step) => {
      tenant.workplace.useToken(await without(permission, 'Directory.ReadWrite.All'))
      const { code, said } = await run('apply', ...allOptions)
      expect(code).toBe(1)
      expect(said).toContain(`Failed: ${step}`)
      expect(said).toContain('(Authorization_RequestDenied)')
      expect(said).toContain(`"${role}"`)
      expect(said).toContain(`permission ${permission}.`)
      expect(said).toMatch(/request-id [0-9a-f-]{36}/)
      tenant.workplace.useToken(tenant.token)
      expect((await run('apply', ...allOptions)).code).toBe(0)
    },
  )

  // biome-ignore format: table
  it.each([
    ['POST', '/applications', consenter, 'application "Weather Agent page"'],
    ['POST', '/servicePrincipals', consenter, 'principal of the page'],
    ['POST', '/oauth2PermissionGrants', consenter, 'consent for all users: the page'],
  ])('also for %s %s, if the token has the permission and only the role of the user is missing', async (method, path, role, step) => {
    tenant.graph.decide = call => (call.method === method && call.path === `/v1.0${path}` ? 'forbid' : 'pass')
    const { code, said } = await run('apply', ...allOptions)
    expect(code).toBe(1)
    expect(said).toContain(`Failed: ${step}`)
    expect(said).toContain(`the role "${role}"`)
  })

  it('also for renaming a blueprint: renaming needs a permission of its own', async () => {
    await run('apply')
    tenant.graph.decide = ({ method }) => (method === 'PATCH' ? 'forbid' : 'pass')
    const { said } = await run('apply --blueprint-name Other')
    expect(said).toContain('permission AgentIdentityBlueprint.UpdateBranding.All.')
  })

  it('for deleting a blueprint with two roles, since Microsoft’s pages name one or the other', async () => {
    await run('apply')
    tenant.graph.decide = ({ method, path }) =>
      method === 'DELETE' && path.includes('/applications/') ? 'forbid' : 'pass'
    const forPage = await run('destroy --yes')
    expect(forPage.said).toContain('the role "Cloud Application Administrator"')
    const { blueprint } = tenant.workplace.receipt.objects
    tenant.graph.decide = ({ method, path }) =>
      method === 'DELETE' && path.endsWith(`/applications/${blueprint?.id}`) ? 'forbid' : 'pass'
    const { said } = await run('destroy --yes')
    expect(said).toContain('"Agent ID Administrator or Cloud Application Administrator"')
  })

  it('but no role if none is needed, as for finding out who is signed in', async () => {
    tenant.graph.decide = ({ path }) => (path === '/v1.0/me' ? 'forbid' : 'pass')
    const { said } = await run('apply')
    expect(said).toContain('It takes a token with the permission User.Read.')
  })

  it.each([
    ['AgentIdentityBlueprint.ReadWrite.All', 'blueprint "Weather Agent Blueprint"'],
    ['AgentIdentity.ReadWrite.All', 'agent identity "weather-agent"'],
  ])('for giving owners to existing objects: the permission %s', async (permission, what) => {
    await run('apply')
    const without = permissions.filter(one => one !== permission)
    tenant.workplace.useToken(await graphToken(tenant, without))
    const { code, said } = await run('apply --owner', seedIds.ben)
    expect(code).toBe(1)
    expect(said).toContain(`Failed: owner ${seedIds.ben} of ${what}`)
    expect(said).toContain(`"${developer}"`)
    expect(said).toContain(`permission ${permission}.`)
  })

  it('for switching agents off and for deleting them', async () => {
    await run('apply')
    const without = (kind: string) =>
      permissions.filter(one => !(one.startsWith('AgentIdentity.') && RegExp(`${kind}|ReadWrite`).test(one)))
    tenant.workplace.useToken(await graphToken(tenant, without('EnableDisable')))
    expect((await run('disable')).output).toContain('AgentIdentity.EnableDisable.All')
    tenant.workplace.useToken(await graphToken(tenant, without('DeleteRestore')))
    expect((await run('destroy --yes')).said).toContain('AgentIdentity.DeleteRestore.All')
  })

  it('but none if the token has a higher permission, ReadWrite.All, in place of the least', async () => {
    const agentPermission = /^AgentIdentity(Blueprint)?\./
    const higher = permissions.filter(
      one => !agentPermission.test(one) || /ReadWrite|DeleteRestore/.test(one),
    )
    tenant.workplace.useToken(await graphToken(tenant, higher))
    expect(await run('apply', ...allOptions)).toMatchObject({ code: 0, said: '' })
    for (const command of ['disable', 'enable', 'destroy --yes']) expect((await run(command)).code).toBe(0)
  })

  it('together with other ways to sign in, if the token is the Azure CLI’s', async () => {
    tenant.workplace.useToken(await graphToken(tenant, [...permissions, 'Directory.AccessAsUser.All']))
    const { code, said } = await run('apply')
    expect(code).toBe(1)
    expect(said).toContain('--sign-in device-code or browser')
    expect(said).toContain('send an administrator who has the access this command and the output of')
  })
})

describe('apply says in words', () => {
  it('that the token has expired', async () => {
    tenant.workplace.useToken(await graphToken(tenant, permissions, { lifetimeSeconds: -10 }))
    const { code, said } = await run('apply')
    expect(code).toBe(1)
    expect(said).toContain('(InvalidAuthenticationToken)')
    expect(said).toContain('Sign in anew')
  })

  it('that the token is for another tenant, before anything is changed', async () => {
    const other = '99999999-9999-4999-8999-999999999999'
    tenant.workplace.useToken(await graphToken(tenant, permissions, { claims: { tid: other } }))
    const { code, said } = await run('apply')
    expect(code).toBe(2)
    expect(said).toContain(`The token is for the tenant ${other}`)
    expect(tenant.graph.calls).toEqual([])
  })

  it('that the tenant demands a service management reference, and sends the reference that is given', async () => {
    tenant.entra.settings.change({ demandsServiceManagementReference: true })
    const { code, said } = await run('apply')
    expect(code).toBe(1)
    expect(said).toContain('add --service-management-reference <reference>')
    const given = await run('apply --service-management-reference team-7')
    expect(given.code).toBe(0)
    const made = content().applications.filter(({ description }) => description?.startsWith('Made by'))
    expect(made.map(one => one.serviceManagementReference)).toEqual(['team-7', 'team-7', 'team-7'])
  })

  it('that the quota is used up', async () => {
    for (let index = 0; index < 2_000; index++)
      content().applications.push(newApplication({ appId: `app-${index}`, displayName: `App ${index}` }))
    const { code, said } = await run('apply')
    expect(code).toBe(1)
    expect(said).toContain('(Agent_Directory_QuotaExceeded)')
    expect(said).toContain('those deleted in the last 30 days included')
  })

  it.each([
    ['Weather Agent Blueprint', 'agentIdentityBlueprint'],
    ['Weather Agent Blueprint', 'application'],
    ['Weather API', 'application'],
    ['Weather Agent page', 'application'],
    ['weather agent PAGE', 'application'],
  ] as const)(
    'that somebody else has an application "%s" in the tenant, and does not change it',
    async (displayName, kind) => {
      const theirs = newApplication({ appId: '77777777-7777-4777-8777-777777777777', displayName, kind })
      content().applications.push(structuredClone(theirs))
      for (const command of ['plan', 'apply']) {
        const { code, said } = await run(command)
        expect(code).toBe(2)
        expect(said).toContain(`the tenant has one of that name already (${theirs.id})`)
      }
      expect(content().applications).toContainEqual(theirs)
      expect(tenant.graph.calls.filter(({ method }) => method !== 'GET')).toEqual([])
    },
  )

  it('that a sponsor does not exist, and that a run without a user has to name a sponsor', async () => {
    const unknown = await run('apply --sponsor nobody@contoso.example')
    expect(unknown.code).toBe(2)
    expect(unknown.said).toContain('The tenant has no user "nobody@contoso.example".')
    tenant.workplace.useToken(
      await graphToken(tenant, [], { user: undefined, scopes: undefined, roles: permissions }),
    )
    const application = await run('apply')
    expect(application.code).toBe(2)
    expect(application.said).toContain('--sponsor')
    expect((await run('apply --sponsor', seedIds.ben)).code).toBe(0)
  })
})

it('status reports a scope as missing if somebody has replaced it by hand', async () => {
  await run('apply')
  const api = content().applications.find(({ displayName }) => displayName === 'Weather API')
  const [scope] = api?.api.oauth2PermissionScopes ?? []
  if (scope) scope.id = '66666666-6666-4666-8666-666666666666'
  expect((await run('status')).output).toContain('oauth2PermissionScopes[Weather.Read] is "missing"')
})

describe('Entra takes its time, and apply', () => {
  it('waits for new objects, and says what it waits for and how long', async () => {
    tenant.entra.settings.change({ missedLookUps: 7 })
    const { code, said, pauses } = await run('apply', ...allOptions)
    expect(code).toBe(0)
    expect(said).toContain(
      'waiting 1 s for blueprint "Weather Agent Blueprint" (0 s so far): Entra does not show it yet',
    )
    expect(said).toContain('waiting 2 s for')
    expect(pauses).toContain(4)
    expect((await run('status')).code).toBe(0)
    const made = content().applications.filter(({ description }) => description?.startsWith('Made by'))
    expect(made).toHaveLength(3)
    expect(made.flatMap(one => one.passwordCredentials)).toHaveLength(1)
  })

  it('gives up when the time to wait is over, and the next run continues', async () => {
    tenant.entra.settings.change({ missedLookUps: 1_000 })
    const { code, said, pauses } = await run('apply --wait 60')
    expect(code).toBe(1)
    expect(said).toContain('even after waiting')
    expect(pauses.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(60)
    tenant.entra.settings.change({ missedLookUps: 0 })
    expect((await run('apply')).code).toBe(0)
    expect(content().applications.filter(one => one.kind === 'agentIdentityBlueprint')).toHaveLength(1)
  })

  it('notices a change that was accepted but not kept, and makes it again', async () => {
    let swallowed = 0
    tenant.graph.decide = ({ method, path }) =>
      method === 'PATCH' && path.startsWith('/v1.0/applications/') && swallowed++ < 2 ? 'swallow' : 'pass'
    const { code, said } = await run('apply')
    expect(code).toBe(0)
    expect(said).toContain('Entra took a change and does not show it: identifierUris is []')
    expect((await run('status')).code).toBe(0)
  })

  it('reports a change that Entra accepts but never keeps', async () => {
    tenant.graph.decide = ({ method }) => (method === 'PATCH' ? 'swallow' : 'pass')
    const { code, said } = await run('apply --wait 20')
    expect(code).toBe(1)
    expect(said).toContain('(NotYet)')
    expect(said).toContain('identifierUris is []')
  })

  it('waits as long as Graph asks when it limits requests, and through an outage', async () => {
    const refuse = (code: number, more = {}) => ({
      target: { leg: 'graph' as const },
      fault: { kind: 'refuse' as const, code, ...more },
      times: 2,
    })
    tenant.entra.faults.inject(refuse(90055, { retryAfterSeconds: 7 }), refuse(90033))
    // The first request, which looks Ada up, meets both faults, each of them twice.
    const { code, said, pauses } = await run('apply')
    expect(code).toBe(0)
    expect(said).toContain('Graph limits the rate of requests')
    expect(said).toContain('Graph has a problem of its own (503 ServiceUnavailable)')
    expect(pauses).toEqual([7, 7, 4, 8])
  })

  it('says how long Graph asks to wait if this is longer than apply waits', async () => {
    tenant.entra.faults.inject({
      target: { leg: 'graph' as const },
      fault: { kind: 'refuse' as const, code: 90055, retryAfterSeconds: 600 },
      times: 1,
    })
    const { code, said } = await run('apply')
    expect(said).toContain('Graph asks to wait 600 seconds')
    expect(said).toContain('--wait 600')
    expect(code).toBe(1)
  })

  it('consents for all users, even if one user has consented for themselves', async () => {
    await run('apply')
    const [forAll] = content().permissionGrants
    if (forAll)
      content().permissionGrants = [
        { ...forAll, id: 'of-ada', consentType: 'Principal', principalId: seedIds.ada },
        ...content().permissionGrants.slice(1),
      ]
    tenant.workplace.pass(600)
    expect((await run('apply')).output).toContain('created')
    expect(content().permissionGrants.map(one => one.consentType)).toEqual([
      'Principal',
      'AllPrincipals',
      'AllPrincipals',
    ])
  })
})
