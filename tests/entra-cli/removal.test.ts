import { describe, expect, it } from 'vitest'
import { decisiveCalls } from './support/faulty-graph.ts'
import { useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, run, writes } = tenant

const blueprint = () => content().applications.find(({ kind }) => kind === 'agentIdentityBlueprint')
const cluster = (issuer: string) => ['--cluster-issuer', issuer, '--service-account', 'a:b']
const agents = ['--agent', 'first', '--agent', 'second']

describe('apply takes away', () => {
  it('an agent, what the agent was given, and its id in .env', async () => {
    await run('apply', ...agents)
    const plan = await run('plan --remove-agent first')
    expect(plan.output).toMatch(/^delete +\S+ agent identity "first"$/m)
    expect(content().servicePrincipals.map(one => one.displayName)).toContain('first')
    const { code, output } = await run('apply --remove-agent first')
    expect(code).toBe(0)
    expect(output).toMatch(/^deleted +agent identity "first"$/m)
    const left = content().servicePrincipals.filter(({ kind }) => kind === 'agentIdentity')
    expect(left.map(one => one.displayName)).toEqual(['second'])
    expect(Object.keys(tenant.workplace.receipt.objects).filter(key => key.includes('first'))).toEqual([])
    expect(tenant.workplace.variables).toMatchObject({
      AGENT_CLIENT_ID: left[0]?.id,
      WEATHER_ALLOWED_CALLERS: '',
    })
    expect((await run('status')).code).toBe(0)
  })

  it('the credentials of a cluster, and leaves those of other clusters', async () => {
    await run('apply', ...cluster('https://one.example'))
    await run('apply', ...cluster('https://two.example'))
    expect((await run('apply --remove-cluster https://one.example')).code).toBe(0)
    expect(blueprint()?.federatedIdentityCredentials.map(({ issuer }) => issuer)).toEqual([
      'https://two.example',
    ])
  })

  it('the client secret, from .env as well', async () => {
    await run('apply --client-secret')
    expect((await run('apply --no-client-secret')).code).toBe(0)
    expect(blueprint()?.passwordCredentials).toEqual([])
    expect(tenant.workplace.variables['BLUEPRINT_CLIENT_SECRET']).toBe('')
    expect((await run('status')).output).not.toContain('client secret of the blueprint')
  })

  it('nothing, and says what there is, if there is none of that name, or if no agent would be left', async () => {
    await run('apply', ...agents, ...cluster('https://two.example'))
    const before = structuredClone(content())
    tenant.entra.requests.clear()
    for (const [removal, name] of [
      ['--remove-agent firts', 'first, second'],
      ['--remove-agent First', 'first, second'],
      ['--remove-cluster https://two.example/', 'https://two.example.'],
    ] as const)
      for (const command of ['plan', 'apply']) {
        const { code, said } = await run(`${command} ${removal}`)
        expect(said).toContain(`${removal}: there is none of that name.`)
        expect(said).toContain(name)
        expect(code).toBe(2)
      }
    const last = await run('apply --remove-agent first --remove-agent second')
    expect(last.said).toContain('No agent would be left.')
    expect(last.code).toBe(2)
    expect(writes()).toEqual([])
    expect(content()).toEqual(before)
  })

  it('everything when run again after an interruption at any call', async () => {
    const removal = 'apply --remove-agent first --remove-cluster https://one.example --no-client-secret'
    await run('apply', ...agents, '--client-secret', ...cluster('https://one.example'))
    const [asSetUp, files] = [structuredClone(content()), tenant.workplace.save()]
    tenant.graph.reset()
    await run(removal)
    const [calls, left] = [decisiveCalls(tenant.graph.calls), Object.keys(tenant.workplace.receipt.objects)]
    for (const { number } of calls) {
      Object.assign(content(), structuredClone(asSetUp))
      tenant.workplace.restore(files)
      tenant.graph.reset()
      tenant.graph.decide = call =>
        call.number === number ? 'break' : call.number > number ? 'lose' : 'pass'
      expect((await run(removal)).code).toBe(1)
      tenant.graph.reset()
      const again = await run(removal)
      expect([number, again.said, again.code]).toEqual([number, '', 0])
      expect(Object.keys(tenant.workplace.receipt.objects)).toEqual(left)
      expect([number, tenant.workplace.variables['BLUEPRINT_CLIENT_SECRET']]).toEqual([number, ''])
      expect(blueprint()).toMatchObject({ passwordCredentials: [], federatedIdentityCredentials: [] })
    }
  })
})
