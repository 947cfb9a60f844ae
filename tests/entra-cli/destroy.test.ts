import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startEntra, tenantId } from '../../emulators/entra/src/testing/start-entra.ts'
import { useTenant } from './support/tenant.ts'

const options = ['--client-secret', '--cluster-issuer', 'https://i.example', '--service-account', 'a:b']
const nameOptions = ['--blueprint-name', 'My blueprint', '--api-name', 'My API', '--page-name', 'My page']

// The tenant has the emulator's seed, a set-up that `apply` did not make and `destroy` has to leave alone.
const tenant = useTenant(() => startEntra())
const { content, run } = tenant

const deletions = () => tenant.entra.requests.all.filter(({ method }) => method === 'DELETE')

describe('destroy', () => {
  it('leaves the tenant as it was before', async () => {
    const before = structuredClone(content())
    await run('apply', ...nameOptions, ...options, '--agent', 'one', '--agent', 'two')
    expect(content()).not.toEqual(before)
    const { code, output } = await run('destroy --yes')
    expect(code).toBe(0)
    expect(output).toContain('All that the receipt named is deleted.')
    expect(content()).toEqual(before)
    expect(tenant.workplace.hasReceipt).toBe(false)
  })

  it('deletes in the order that works: rights of agents and page, agents, applications, blueprint', async () => {
    await run('apply', ...nameOptions, ...options)
    const { objects } = tenant.workplace.receipt
    tenant.entra.requests.clear()
    await run('destroy --yes')
    const order = [
      'agent/weather-agent/grant',
      'page/grant',
      'agent/weather-agent/app-role',
      'agent/weather-agent',
      'weather-api-principal',
      'page-principal',
      'weather-api',
      'page',
      'blueprint',
    ]
    expect(deletions().map(({ path }) => order.find(key => path.endsWith(objects[key]?.id ?? '?')))).toEqual(
      order,
    )
  })

  describe('of a blueprint that has an agent of somebody else', () => {
    const theirs = '99999999-0000-4000-8000-000000000001'
    const foreign = () => content().servicePrincipals.filter(({ id }) => id === theirs)

    async function addAgent() {
      await run('apply', ...nameOptions, ...options)
      const ours = content().servicePrincipals.find(
        ({ id }) => id === tenant.workplace.receipt.objects['agent/weather-agent']?.id,
      )
      if (!ours) throw new Error('There is no agent.')
      content().servicePrincipals.push({ ...ours, id: theirs, appId: theirs, displayName: 'theirs' })
    }

    it('deletes nothing, and names the agent', async () => {
      await addAgent()
      const { code, output, said } = await run('destroy --yes')
      expect(output).toMatch(new RegExp(`^goes along +${theirs} agent identity "theirs"`, 'm'))
      expect(said).toContain('deletes 1 of its agents that the receipt does not know')
      expect(code).toBe(2)
      expect(deletions()).toEqual([])
    })

    it('names the agent in a dry run too, and everything else that is deleted with the blueprint', async () => {
      await addAgent()
      const { code, output } = await run('destroy --dry-run')
      expect(code).toBe(0)
      expect(output).toContain('deletes 1 of its agents that the receipt does not know')
      for (const what of ['principal of the blueprint', 'client secret', 'federated credential'])
        expect(output).toMatch(new RegExp(`^goes along +\\S+ ${what}`, 'm'))
    })

    it('deletes the agent too with --with-foreign-agents', async () => {
      await addAgent()
      const { code } = await run('destroy --yes --with-foreign-agents')
      expect(code).toBe(0)
      expect(foreign()).toEqual([])
    })

    it('fails if Graph does not show which agents the blueprint has', async () => {
      await run('apply', ...nameOptions)
      tenant.graph.decide = ({ method, path }) =>
        method === 'GET' &&
        path.endsWith('microsoft.graph.agentIdentity') &&
        !path.includes('/servicePrincipals/0')
          ? 'forbid'
          : 'pass'
      const { code, said } = await run('destroy --yes')
      expect(said).toContain('Graph does not show whether the blueprint has agents')
      expect(code).toBe(2)
    })
  })

  it('deletes nothing in a dry run, or if the user does not confirm', async () => {
    await run('apply', ...nameOptions)
    const set = structuredClone(content())
    expect((await run('destroy')).code).toBe(1)
    const dry = await run('destroy --dry-run')
    expect(dry.code).toBe(0)
    expect(dry.output).toContain('agent identity "weather-agent"')
    expect(dry.output).toContain('Nothing was deleted.')
    expect(content()).toEqual(set)
    expect(deletions()).toEqual([])
  })

  it('succeeds when some of the objects are gone already', async () => {
    const before = structuredClone(content())
    await run('apply', ...nameOptions, ...options, '--agent', 'mine')
    const { objects } = tenant.workplace.receipt
    const agent = tenant.entra.directory.principalById(objects['agent/mine']?.id ?? '')
    if (agent) tenant.entra.directory.removePrincipal(agent)
    content().applications = content().applications.filter(({ id }) => id !== objects['page']?.id)
    expect((await run('destroy --yes')).code).toBe(0)
    expect(content()).toEqual(before)
  })

  it('empties the variables in .env that belong to deleted objects, the secret too, and leaves other variables', async () => {
    await run('apply', ...nameOptions, ...options)
    writeFileSync(tenant.workplace.envPath, `${readFileSync(tenant.workplace.envPath, 'utf8')}MINE=1\n`)
    await run('destroy --yes')
    expect(tenant.workplace.variables).toMatchObject({
      MINE: '1',
      TENANT_ID: tenantId,
      BLUEPRINT_APP_ID: '',
      BLUEPRINT_CLIENT_SECRET: '',
      AGENT_CLIENT_ID: '',
      CLIENT_SPA_APP_ID: '',
      WEATHER_API_APP_ID: '',
    })
  })

  it('empties them also if it was killed at its last call, and is repeated', async () => {
    await run('apply', ...nameOptions, ...options)
    tenant.graph.reset()
    await run('destroy --yes')
    const { length } = tenant.graph.calls
    tenant.entra.reset()
    tenant.graph.reset()
    rmSync(tenant.workplace.envPath)
    await run('apply', ...nameOptions, ...options)
    tenant.graph.reset()
    tenant.graph.decide = ({ number }) => (number === length ? 'break' : 'pass')
    expect((await run('destroy --yes')).code).toBe(1)
    tenant.graph.reset()
    expect((await run('destroy --yes')).code).toBe(0)
    const left = Object.entries(tenant.workplace.variables).filter(
      ([name, value]) => /_ID|SECRET/.test(name) && value,
    )
    expect(left).toEqual([['TENANT_ID', tenantId]])
  })

  it('leaves the .env file of another set-up alone', async () => {
    await run('apply', ...nameOptions, ...options)
    const theirs = `BLUEPRINT_APP_ID=${tenantId}\nBLUEPRINT_CLIENT_SECRET=theirs\nAGENT_CLIENT_ID=${tenantId}\n`
    writeFileSync(tenant.workplace.envPath, theirs)
    expect((await run('destroy --yes')).code).toBe(0)
    expect(readFileSync(tenant.workplace.envPath, 'utf8')).toBe(theirs)
  })

  it.each(['destroy', 'status', 'disable'])('needs a receipt, as other commands do: %s', async command => {
    const { code, said } = await run(command)
    expect(code).toBe(2)
    expect(said).toContain('nothing was set up from here')
  })

  it('refuses the receipt of another tenant, and a receipt that cannot be read', async () => {
    await run('apply', ...nameOptions)
    writeFileSync(
      tenant.workplace.receiptPath,
      JSON.stringify({ ...tenant.workplace.receipt, tenantId: 'other' }),
    )
    const { code, said } = await run('destroy --yes')
    expect(code).toBe(2)
    expect(said).toContain(`is for the tenant other, and this run is for ${tenantId}`)
    writeFileSync(tenant.workplace.receiptPath, '{ "half": ')
    expect((await run('destroy --yes')).said).toContain('is no receipt of this tool')
  })
})
