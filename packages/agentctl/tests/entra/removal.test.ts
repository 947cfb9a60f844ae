import { describe, expect, it } from 'vitest'
import { useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, run, expectShown } = tenant

const blueprint = () => content().applications.find(({ kind }) => kind === 'agentIdentityBlueprint')
const cluster = (name: string) => `--cluster-issuer https://${name}.example --service-account a:b`
const agents = '--agent first --agent second'

describe('apply takes away', () => {
  it('an agent, what the agent was given, and its id in .env', async () => {
    await run(`apply ${agents}`)
    await expectShown('remove-agent', 'plan --remove-agent first', 'apply --remove-agent first', 'status')
    const agentsLeft = content().servicePrincipals.filter(({ kind }) => kind === 'agentIdentity')
    expect(agentsLeft.map(one => one.displayName)).toEqual(['second'])
    expect(Object.keys(tenant.workplace.receipt.objects).filter(key => key.includes('first'))).toEqual([])
    expect(tenant.workplace.variables).toMatchObject({
      AGENT_CLIENT_ID: agentsLeft[0]?.id,
      WEATHER_ALLOWED_CALLERS: '',
    })
  })

  it('the credentials of a cluster, and leaves those of other clusters', async () => {
    await run(`apply ${cluster('one')}`)
    await run(`apply ${cluster('two')}`)
    expect((await run('apply --remove-cluster https://one.example')).code).toBe(0)
    expect(blueprint()?.federatedIdentityCredentials).toMatchObject([{ issuer: 'https://two.example' }])
  })

  it('the client secret, from .env as well', async () => {
    await run('apply --client-secret')
    await expectShown('remove-secret', 'apply --no-client-secret', 'status')
    expect(blueprint()?.passwordCredentials).toEqual([])
    expect(tenant.workplace.variables['BLUEPRINT_CLIENT_SECRET']).toBe('')
  })

  it('nothing, and says what there is, if there is none of that name, or if no agent would be left', async () => {
    await run(`apply ${agents} ${cluster('two')}`)
    const before = structuredClone(content())
    const removals = [
      '--remove-agent firts',
      '--remove-agent First',
      '--remove-cluster https://two.example/',
      '--remove-agent first --remove-agent second',
    ]
    await expectShown('remove-nothing', ...removals.flatMap(one => [`plan ${one}`, `apply ${one}`]))
    expect(content()).toEqual(before)
  })
})
