import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { permissions } from '../../src/entra/objects/kinds.ts'
import { portray } from './support/portrait.ts'
import { useTenant } from './support/tenant.ts'
import { graphToken } from './support/workplace.ts'

const tenant = useTenant()
const { content, idOf, run, writes, expectGolden, expectShown } = tenant

const names = ['weather', 'alerts', 'trainee']
const agents = '--agent weather:autonomous+obo+agent-user --agent alerts:obo --agent trainee:none'
const agentUsers = () => content().users.filter(({ identityParentId }) => identityParentId !== undefined)

/** What an agent may do at the weather API. */
function rightsOf(agent: string) {
  const id = idOf(`agent/${agent}`)
  const api = idOf('weather-api-principal')
  return [
    ...content().appRoleAssignments.flatMap(one =>
      one.principalId === id && one.resourceId === api ? ['app role'] : [],
    ),
    ...content().permissionGrants.flatMap(one =>
      one.clientId === id && one.resourceId === api
        ? [`${one.consentType} ${one.scope} ${one.principalId}`]
        : [],
    ),
  ]
}

describe('agents with rights of their own', () => {
  it('get an app role, a consent for all users and a user account, each only if it was asked for', async () => {
    await expectShown('agents', `apply ${agents}`, `apply ${agents}`, 'apply', 'status')
    const user = idOf('agent/weather/user')
    const forAll = 'AllPrincipals Weather.Read null'
    expect(names.map(rightsOf)).toEqual([
      ['app role', forAll, `Principal Weather.Read ${user}`],
      [forAll],
      [],
    ])
    const isOfAgent = {
      displayName: 'weather',
      identityParentId: idOf('agent/weather'),
      accountEnabled: true,
    }
    const userPrincipalName = expect.stringMatching(/^weather-[0-9a-f]{8}@contoso\.example$/)
    expect(agentUsers()).toMatchObject([{ id: user, ...isOfAgent, userPrincipalName }])
  })

  it('are written into .env and into the file of AGENTS_CONFIG, which keeps what the user wrote there', async () => {
    const mine = { title: 'Wetter', description: 'Sagt es.', requireSignIn: true }
    const { workplace } = tenant
    writeFileSync(workplace.agentsPath, JSON.stringify({ agents: { weather: mine }, default: 'weather' }))
    await run(`apply ${agents}`)
    await expectGolden('agents-config', tenant.withNames(readFileSync(workplace.agentsPath, 'utf8')))
    expect(workplace.variables).toMatchObject({
      AGENT_CLIENT_ID: names.map(name => idOf(`agent/${name}`)).join(','),
      AGENTS_CONFIG: workplace.agentsPath,
      AGENT_USERS: `${idOf('agent/weather')}=${idOf('agent/weather/user')}`,
    })
    await run('apply --remove-agent weather --remove-agent trainee --agent alerts:autonomous,obo')
    expect(workplace.variables).toMatchObject({
      AGENT_CLIENT_ID: idOf('agent/alerts'),
      AGENTS_CONFIG: '',
      AGENT_USERS: '',
    })
    expect(() => workplace.agents).toThrow('ENOENT')
  })

  it('have names that Entra and AGENTS_CONFIG can tell apart', () =>
    expectShown(
      'agents-alike',
      ...['Reader', 'READER', 'reader ', 'reader.'].map(name => `plan --agent reader --agent "${name}"`),
    ))

  it('are not written over a file that does not configure agents: apply reports the file and makes nothing', async () => {
    writeFileSync(tenant.workplace.agentsPath, '[1]')
    await expectShown('agents-config-refused', `apply ${agents}`)
    expect(readFileSync(tenant.workplace.agentsPath, 'utf8')).toBe('[1]')
  })

  it('get and lose rights, and a user account with its consent, when apply names other rights', async () => {
    await run(`apply ${agents}`)
    const line = 'apply --agent weather:obo --agent trainee:autonomous'
    await expectShown('agents-change', line.replace('apply', 'plan'), line, 'status')
    expect(names.map(name => rightsOf(name).length)).toEqual([1, 1, 1])
    expect(agentUsers()).toEqual([])
  })

  it('can be switched off one at a time; the other agents stay on', async () => {
    await run(`apply ${agents}`)
    const areOn = () => [
      ...names.map(name => tenant.entra.directory.principalById(idOf(`agent/${name}`))?.accountEnabled),
      agentUsers()[0]?.accountEnabled,
    ]
    expect((await run('disable --agent weather')).code).toBe(0)
    expect(areOn()).toEqual([false, true, true, true])
    for (const user of agentUsers()) user.accountEnabled = false
    await expectShown('agents-switched', 'status', 'apply')
    expect(areOn()).toEqual([false, true, true, false])
    expect((await run('enable --agent weather')).code).toBe(0)
    expect(areOn()).toEqual([true, true, true, true])
  })

  it('are found again, with exactly their rights, by status --adopt when the receipt got lost', async () => {
    await run(`apply ${agents}`)
    const { setUpId, settings } = tenant.workplace.receipt
    const [before, ids] = [portray(content()), tenant.recordedIds()]
    rmSync(tenant.workplace.receiptPath)
    const given = names.map(name => `--agent ${name}`).join(' ')
    expect((await run(`status --yes --adopt ${setUpId} ${given}`)).code).toBe(0)
    expect(tenant.recordedIds()).toEqual(ids)
    expect(tenant.workplace.receipt.settings.agentFlows).toEqual(settings.agentFlows)
    expect((await run('apply')).output).not.toMatch(/^(created|corrected)/m)
    expect(portray(content())).toBe(before)
  })
})

describe('the user account of an agent', () => {
  it('is made through Graph’s beta version if v1.0 does not know such accounts', async () => {
    tenant.graph.decide = ({ path }) => (/^\/v1\.0\/users\/microsoft/.test(path) ? 'not-know' : 'pass')
    expect((await run(`apply ${agents}`)).code).toBe(0)
    expect(writes()).toContain('POST /beta/users/microsoft.graph.agentUser')
    expect((await run('status')).code).toBe(0)
  })

  it('is not made if the tenant refuses this; apply then explains that some tenants refuse it to every signed-in user', async () => {
    tenant.graph.decide = ({ method, path }) =>
      method === 'POST' && path.includes('agentUser') ? 'forbid' : 'pass'
    await expectShown('agent-user-refused', `apply ${agents}`)
    tenant.graph.reset()
    expect((await run('apply')).code).toBe(0)
    expect(agentUsers()).toHaveLength(1)
  })

  it('needs a permission, which apply checks before it makes anything; without such an account, apply does not need it', async () => {
    const others = permissions.filter(one => !one.startsWith('AgentIdUser.'))
    tenant.workplace.useToken(await graphToken(tenant, others))
    await expectShown('agent-user-not-permitted', `apply ${agents}`)
    rmSync(tenant.workplace.receiptPath, { force: true })
    await expectShown('agent-user-not-needed', 'apply', 'status', 'destroy --yes')
  })

  it('is in the domain that --agent-user-domain names; if Graph refuses the domain, apply shows Graph’s words', async () => {
    await run(`apply ${agents} --agent-user-domain contoso.example`)
    expect(tenant.workplace.receipt.settings.agentUserDomain).toBe('contoso.example')
    const given = '--blueprint-name B --api-name A --page-name P --agent-user-domain fabrikam.example'
    const receipt = `${tenant.workplace.folder}/other`
    const other = await run(`apply --agent x:agent-user ${given} --receipt ${receipt}`)
    expect(other.said).toContain('The domain portion of the userPrincipalName property is invalid.')
  })

  it('is deleted before its agent, and then the tenant is as it was before apply', async () => {
    const before = structuredClone(content())
    await run(`apply ${agents}`)
    await expectShown('agents-destroyed', 'destroy --yes')
    expect(content()).toEqual(before)
    expect(tenant.workplace.variables['AGENT_USERS']).toBe('')
  })
})

describe('a user account that nobody asked for', () => {
  const foreign = {
    id: '99999999-0000-4000-8000-000000000001',
    displayName: 'theirs',
    mail: 'x@contoso.example',
    userPrincipalName: 'x@contoso.example',
  }

  it('is reported by status, and makes `destroy` refuse; with --with-foreign-agents, `destroy` deletes the account too', async () => {
    await run(`apply ${agents}`)
    content().users.push({ ...foreign, identityParentId: idOf('agent/trainee') })
    await expectShown('foreign-user', 'status', 'destroy --yes')
    expect((await run('destroy --yes --with-foreign-agents')).code).toBe(0)
    expect(agentUsers()).toEqual([])
  })

  it('is reported by destroy if Entra still shows the account after the deletion', async () => {
    await run(`apply ${agents}`)
    const identityParentId = idOf('agent/alerts')
    tenant.graph.decide = ({ method, path }) => {
      if (method === 'DELETE' && path.includes(identityParentId) && agentUsers().length === 0)
        content().users.push({ ...foreign, identityParentId })
      return 'pass'
    }
    const { code, said } = await run('destroy --yes')
    expect(said).toContain('Entra still shows the user account x@contoso.example')
    expect(code).toBe(1)
  })
})

it('what agents inherit from their blueprint is reported as not evaluated, never as clean, if Graph does not show it', async () => {
  await run(`apply ${agents}`)
  tenant.graph.decide = ({ path }) => (path.startsWith('/beta/') ? 'not-know' : 'pass')
  await expectShown('inherited-rights-unseen', 'status')
})
