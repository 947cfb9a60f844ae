import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startEntra, tenantId } from '../../../../emulators/entra/src/testing/start-entra.ts'
import { useTenant } from './support/tenant.ts'

const names = '--blueprint-name "My blueprint" --api-name "My API" --page-name "My page"'
const setUp = `apply ${names} --client-secret --cluster-issuer https://i.example --service-account a:b`

// The tenant has the emulator's seed, a set-up that `apply` did not make and `destroy` has to leave alone.
const tenant = useTenant(() => startEntra())
const { content, run, expectShown } = tenant

describe('destroy', () => {
  it('leaves the tenant as it was, and deletes in the order that works: rights of agents and page, agents, applications, blueprint', async () => {
    const before = structuredClone(content())
    await run(setUp)
    expect(content()).not.toEqual(before)
    await expectShown('destroy', 'destroy --yes')
    expect(content()).toEqual(before)
    expect(tenant.workplace.hasReceipt).toBe(false)
  })

  describe('of a blueprint that has an agent of somebody else', () => {
    const theirs = '99999999-0000-4000-8000-000000000001'

    async function addAgent() {
      await run(setUp)
      const id = tenant.idOf('agent/weather-agent')
      const ours = content().servicePrincipals.filter(one => one.id === id)
      content().servicePrincipals.push(
        ...ours.map(one => ({ ...one, id: theirs, appId: theirs, displayName: 'theirs' })),
      )
    }

    it('deletes nothing, and names the agent and everything else that is deleted with the blueprint', async () => {
      await addAgent()
      await expectShown('destroy-with-foreign-agent', 'destroy --yes', 'destroy --dry-run')
    })

    it('deletes the agent too with --with-foreign-agents', async () => {
      await addAgent()
      expect((await run('destroy --yes --with-foreign-agents')).code).toBe(0)
      expect(content().servicePrincipals.filter(({ id }) => id === theirs)).toEqual([])
    })

    it('fails if Graph does not show which agents the blueprint has', async () => {
      await run(setUp)
      tenant.graph.decide = ({ method, path }) =>
        method === 'GET' && /(?<!\/0\/)microsoft\.graph\.agentIdentity$/.test(path) ? 'forbid' : 'pass'
      await expectShown('destroy-without-sight', 'destroy --yes')
    })
  })

  it('deletes nothing in a dry run, or if the user does not confirm', async () => {
    await run(setUp)
    const before = structuredClone(content())
    await expectShown('destroy-nothing', 'destroy', 'destroy --dry-run')
    expect(content()).toEqual(before)
  })

  it('succeeds when some of the objects are gone already', async () => {
    const before = structuredClone(content())
    await run(`${setUp} --agent mine`)
    const agent = tenant.entra.directory.principalById(tenant.idOf('agent/mine'))
    if (agent) tenant.entra.directory.removePrincipal(agent)
    content().applications = content().applications.filter(({ id }) => id !== tenant.idOf('page'))
    expect((await run('destroy --yes')).code).toBe(0)
    expect(content()).toEqual(before)
  })

  it('empties the variables in .env that belong to deleted objects, the secret too, and leaves other variables', async () => {
    await run(setUp)
    writeFileSync(tenant.workplace.envPath, `${readFileSync(tenant.workplace.envPath, 'utf8')}MINE=1\n`)
    await run('destroy --yes')
    const { variables } = tenant.workplace
    expect(variables).toMatchObject({ MINE: '1', TENANT_ID: tenantId, BLUEPRINT_CLIENT_SECRET: '' })
    expect(tenant.variablesOfSetUp()).toEqual({ TENANT_ID: tenantId })
  })

  it('leaves the .env file of another set-up alone', async () => {
    await run(setUp)
    const theirs = `BLUEPRINT_APP_ID=${tenantId}\nBLUEPRINT_CLIENT_SECRET=theirs\nAGENT_CLIENT_ID=${tenantId}\n`
    writeFileSync(tenant.workplace.envPath, theirs)
    expect((await run('destroy --yes')).code).toBe(0)
    expect(readFileSync(tenant.workplace.envPath, 'utf8')).toBe(theirs)
  })

  it('needs a receipt, as other commands do', () =>
    expectShown('without-receipt', 'destroy', 'status', 'disable'))

  it('refuses the receipt of another tenant, and a receipt that cannot be read', async () => {
    await run(setUp)
    const { receipt, receiptPath } = tenant.workplace
    writeFileSync(receiptPath, JSON.stringify({ ...receipt, tenantId: 'other' }))
    await expectShown('receipt-of-another-tenant', 'destroy --yes')
    writeFileSync(receiptPath, '{ "half": ')
    expect((await run('destroy --yes')).said).toContain('is no receipt of this tool')
  })
})
