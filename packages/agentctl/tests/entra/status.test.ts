import { describe, expect, it } from 'vitest'
import { seedIds } from '../../../../emulators/entra/src/directory/seed.ts'
import { permissions } from '../../src/entra/objects/kinds.ts'
import { useSetUp } from './support/tenant.ts'
import { graphToken } from './support/workplace.ts'

const tenant = useSetUp('apply --agent weather-agent --agent second')
const { content, idOf, run, expectShown } = tenant

const agent = (name = 'weather-agent') => {
  const found = content().servicePrincipals.find(({ id }) => id === idOf(`agent/${name}`))
  if (!found) throw new Error(`There is no agent ${name}.`)
  return found
}

describe('status', () => {
  it('marks what Graph leaves out as “not evaluated”, never as clean', async () => {
    const scopes = permissions.filter(one => one !== 'RoleManagement.Read.Directory')
    tenant.workplace.useToken(await graphToken(tenant, scopes))
    await expectShown('status-unseen', 'status')
  })

  it('does not know whether an agent’s sponsor was taken away, since that is hidden from users, and neither do plan and apply', async () => {
    agent().sponsors = []
    await expectShown('sponsor-hidden', 'status', 'plan', 'apply')
  })

  it('takes one user’s consent to a scope that is granted for all users, or to sign-in scopes only, for nothing extra', async () => {
    const ofAda = { consentType: 'Principal', principalId: seedIds.ada, clientId: agent().id } as const
    const grant = content().permissionGrants.find(({ clientId }) => clientId === agent().id)
    content().permissionGrants.push(
      { ...ofAda, id: 'a', resourceId: grant?.resourceId ?? '', scope: 'Weather.Read' },
      { ...ofAda, id: 'b', resourceId: seedIds.graphPrincipal, scope: 'openid profile' },
    )
    expect((await run('status')).code).toBe(0)
  })

  it('reports principals that somebody switched off, which only `enable` switches on again', async () => {
    const recorded = Object.values(tenant.workplace.receipt.objects).map(({ id }) => id)
    for (const one of content().servicePrincipals) if (recorded.includes(one.id)) one.accountEnabled = false
    await expectShown('principals-switched', 'status', 'apply', 'enable', 'status')
  })

  it('expects the agents that `disable` switched off to be off, and notices when somebody switches one on', async () => {
    await expectShown('disable-one', 'disable --agent second', 'disable --agent third', 'status')
    expect([agent().accountEnabled, agent('second').accountEnabled]).toEqual([true, false])
    agent('second').accountEnabled = true
    expect((await run('status')).output).toContain('accountEnabled is true, wanted false')
  })
})
