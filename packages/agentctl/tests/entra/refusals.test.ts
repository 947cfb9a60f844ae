import { describe, expect, it } from 'vitest'
import { newApplication } from '../../../../emulators/entra/src/directory/objects.ts'
import { seedIds } from '../../../../emulators/entra/src/directory/seed.ts'
import { permissions } from '../../src/entra/objects/kinds.ts'
import type { GraphCall } from './support/faulty-graph.ts'
import { useTenant } from './support/tenant.ts'
import { applicationToken, graphToken } from './support/workplace.ts'

const tenant = useTenant()
const { content, run, show, expectShown, expectRows } = tenant

const apply = 'apply --client-secret --cluster-issuer https://i.example --service-account a:b'
const foreignId = '77777777-7777-4777-8777-777777777777'
const madeApplications = () =>
  content().applications.filter(({ description }) => description?.startsWith('Made by'))

/** Ada signs in without these permissions, and with others. */
async function signInWithout(unwanted: RegExp, ...others: readonly string[]): Promise<void> {
  const kept = permissions.filter(one => !unwanted.test(one))
  tenant.workplace.useToken(await graphToken(tenant, [...kept, ...others]))
}
/** A permission, and the one that includes it. */
const orHigher = (permission: string) =>
  new RegExp(`^(${permission}|${permission.split('.')[0]}\\.ReadWrite\\.All)$`)
const forbid = (isMeant: (call: GraphCall) => boolean) => {
  tenant.graph.decide = call => (isMeant(call) ? 'forbid' : 'pass')
}

describe('a refusal names the missing permission and the least role that has it', () => {
  const ofAgents = [
    ['AgentIdentityBlueprint.Create'],
    ['AgentIdentityBlueprint.AddRemoveCreds.All'],
    ['AgentIdentityBlueprint.Read.All'],
    ['AgentIdentityBlueprint.UpdateAuthProperties.All'],
    ['AgentIdentity.Read.All'],
    ['AgentIdentity.Create.All'],
  ] as const
  const others = [
    ['AgentIdentityBlueprintPrincipal.Create'],
    ['DelegatedPermissionGrant.ReadWrite.All'],
    ['AppRoleAssignment.ReadWrite.All'],
    ['Application.ReadWrite.All'],
  ] as const

  it('before anything is made', () =>
    expectRows('permission-missing', [...ofAgents, ...others], async ([permission]) => {
      await signInWithout(orHigher(permission))
      return show(apply)
    }))

  it('in the plan', async () => {
    await signInWithout(orHigher('AgentIdentity.Create.All'))
    await expectShown('permission-missing-in-plan', 'plan')
    expect(tenant.workplace.hasReceipt).toBe(false)
  })

  it('when Graph refuses, if the token has a permission of which only Graph knows what it permits', () =>
    expectRows('permission-refused', ofAgents, async ([permission]) => {
      await signInWithout(orHigher(permission), 'Directory.ReadWrite.All')
      const refused = await show(apply)
      tenant.workplace.useToken(tenant.token)
      expect((await run(apply)).code).toBe(0)
      return refused
    }))

  it('also if the token has the permission and only the role of the user is missing', () =>
    expectRows(
      'role-missing',
      [['/applications'], ['/servicePrincipals'], ['/oauth2PermissionGrants']] as const,
      ([path]) => {
        forbid(call => call.method === 'POST' && call.path === `/v1.0${path}`)
        return show(apply)
      },
    ))

  it('also for renaming a blueprint: renaming needs a permission of its own', async () => {
    await run('apply')
    forbid(({ method }) => method === 'PATCH')
    await expectShown('renaming-refused', 'apply --blueprint-name Other')
  })

  it('for deleting a blueprint with two roles, since Microsoft’s pages name one or the other', async () => {
    await run('apply')
    forbid(({ method, path }) => method === 'DELETE' && path.endsWith(tenant.idOf('page')))
    expect((await run('destroy --yes')).said).toContain('the role "Cloud Application Administrator"')
    forbid(({ method, path }) => method === 'DELETE' && path.endsWith(tenant.idOf('blueprint')))
    await expectShown('deleting-refused', 'destroy --yes')
  })

  it('but no role if none is needed, as for finding out who is signed in', async () => {
    forbid(({ path }) => path === '/v1.0/me')
    await expectShown('me-refused', 'apply')
  })

  it('for giving owners to existing objects', () =>
    expectRows(
      'owners-refused',
      [['AgentIdentityBlueprint.ReadWrite.All'], ['AgentIdentity.ReadWrite.All']] as const,
      async ([permission]) => {
        await run('apply')
        await signInWithout(new RegExp(`^${permission}`))
        return show(`apply --owner ${seedIds.ben}`)
      },
    ))

  it('for switching agents off and for deleting them', async () => {
    await run('apply')
    await signInWithout(/^AgentIdentity\..*(EnableDisable|ReadWrite)/)
    await expectShown('disabling-refused', 'disable')
    await signInWithout(/^AgentIdentity\..*(DeleteRestore|ReadWrite)/)
    expect((await run('destroy --yes')).said).toContain('AgentIdentity.DeleteRestore.All')
  })

  it('but none if the token has a higher permission, ReadWrite.All, in place of the least', async () => {
    await signInWithout(/^AgentIdentity(Blueprint)?\.(?!.*(ReadWrite|DeleteRestore))/)
    expect(await run(apply)).toMatchObject({ code: 0, said: '' })
    for (const command of ['disable', 'enable', 'destroy --yes']) expect((await run(command)).code).toBe(0)
  })

  it('together with other ways to sign in, if the token is the Azure CLI’s', async () => {
    await signInWithout(/^$/, 'Directory.AccessAsUser.All')
    await expectShown('azure-cli-refused', 'apply')
  })
})

describe('apply says in words', () => {
  it('that the token has expired', async () => {
    tenant.workplace.useToken(await graphToken(tenant, permissions, { lifetimeSeconds: -10 }))
    await expectShown('token-expired', 'apply')
  })

  it('that the token is for another tenant, before anything is changed', async () => {
    const claims = { tid: '99999999-9999-4999-8999-999999999999' }
    tenant.workplace.useToken(await graphToken(tenant, permissions, { claims }))
    await expectShown('token-of-another-tenant', 'apply')
    expect(tenant.graph.calls).toEqual([])
  })

  it('that the tenant demands a service management reference, and sends the reference that is given', async () => {
    tenant.entra.settings.change({ demandsServiceManagementReference: true })
    await expectShown('reference-demanded', 'apply')
    expect((await run('apply --service-management-reference team-7')).code).toBe(0)
    expect(madeApplications().map(one => one.serviceManagementReference)).toEqual(Array(3).fill('team-7'))
  })

  it('that the quota is used up', async () => {
    for (let index = 0; index < 2_000; index++)
      content().applications.push(newApplication({ appId: `app-${index}`, displayName: `App ${index}` }))
    await expectShown('quota-used-up', 'apply')
  })

  it('that somebody else has an application of that name in the tenant, and does not change it', () => {
    // biome-ignore format: table
    const rows = [
      ['Weather Agent Blueprint', 'agentIdentityBlueprint'],
      ['Weather Agent Blueprint', 'application'],
      ['Weather API', 'application'],
      ['Weather Agent page', 'application'],
      ['weather agent PAGE', 'application'],
    ] as const
    return expectRows('name-taken', rows, ([displayName, kind]) => {
      content().applications.push(newApplication({ appId: foreignId, displayName, kind }))
      return show('plan', 'apply')
    })
  })

  it('that a sponsor does not exist, and that a run without a user has to name a sponsor', async () => {
    await expectShown('sponsor-unknown', 'apply --sponsor nobody@contoso.example')
    tenant.workplace.useToken(await applicationToken(tenant, permissions))
    await expectShown('sponsor-demanded', 'apply')
    expect((await run(`apply --sponsor ${seedIds.ben}`)).code).toBe(0)
  })
})

describe('Entra takes its time, and apply', () => {
  it('waits for new objects, and says what it waits for and how long', async () => {
    tenant.entra.settings.change({ missedLookUps: 7 })
    await expectShown('apply-waits', apply, 'status')
    expect(madeApplications()).toHaveLength(3)
    expect(madeApplications().flatMap(one => one.passwordCredentials)).toHaveLength(1)
  })

  it('gives up when the time to wait is over, and the next run continues', async () => {
    tenant.entra.settings.change({ missedLookUps: 1_000 })
    await expectShown('apply-gives-up', 'apply --wait 60')
    tenant.entra.settings.change({ missedLookUps: 0 })
    expect((await run('apply')).code).toBe(0)
    expect(madeApplications()).toHaveLength(3)
  })

  it('notices a change that was accepted but not kept, and makes it again', async () => {
    let swallowed = 0
    tenant.graph.decide = ({ method, path }) =>
      method === 'PATCH' && path.startsWith('/v1.0/applications/') && swallowed++ < 2 ? 'swallow' : 'pass'
    await expectShown('change-not-kept', 'apply', 'status')
  })

  it('reports a change that Entra accepts but never keeps', async () => {
    tenant.graph.decide = ({ method }) => (method === 'PATCH' ? 'swallow' : 'pass')
    await expectShown('change-never-kept', 'apply --wait 20')
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
    const fault = { kind: 'refuse' as const, code: 90055, retryAfterSeconds: 600 }
    tenant.entra.faults.inject({ target: { leg: 'graph' }, fault, times: 1 })
    await expectShown('wait-too-long', 'apply')
  })

  it('consents for all users, even if one user has consented for themselves', async () => {
    await run('apply')
    const [forAll, ...others] = content().permissionGrants
    const ofAda = { id: 'of-ada', consentType: 'Principal', principalId: seedIds.ada } as const
    content().permissionGrants = [...(forAll ? [{ ...forAll, ...ofAda }] : []), ...others]
    tenant.workplace.pass(600)
    expect((await run('apply')).output).toContain('created')
    const consents = content().permissionGrants.map(one => one.consentType)
    expect(consents).toEqual(['Principal', 'AllPrincipals', 'AllPrincipals'])
  })
})
