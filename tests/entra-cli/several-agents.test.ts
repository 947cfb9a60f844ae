import { execFile } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { permissions } from '../../scripts/entra/objects/kinds.ts'
import { portray } from './support/portrait.ts'
import { useTenant } from './support/tenant.ts'
import { graphToken } from './support/workplace.ts'

const tenant = useTenant()
const { content, idOf, run, writes } = tenant

const agents = '--agent weather:autonomous+obo+agent-user --agent alerts:obo --agent trainee:none'
const agentUsers = () => content().users.filter(({ identityParentId }) => identityParentId !== undefined)

/** What an agent may do at the weather API. */
function rightsOf(agent: string) {
  const id = idOf(`agent/${agent}`)
  const api = idOf('weather-api-principal')
  const grants = content().permissionGrants.filter(one => one.clientId === id && one.resourceId === api)
  return {
    roles: content().appRoleAssignments.filter(one => one.principalId === id && one.resourceId === api)
      .length,
    grants: grants.map(({ consentType, principalId, scope }) => [consentType, principalId, scope]),
  }
}

describe('agents with rights of their own', () => {
  it('get an app role, a consent for all users and a user account, each only if it was asked for', async () => {
    expect(await run(`apply ${agents}`)).toMatchObject({ code: 0 })
    const user = idOf('agent/weather/user')
    expect(rightsOf('weather')).toEqual({
      roles: 1,
      grants: [
        ['AllPrincipals', null, 'Weather.Read'],
        ['Principal', user, 'Weather.Read'],
      ],
    })
    expect(rightsOf('alerts')).toEqual({ roles: 0, grants: [['AllPrincipals', null, 'Weather.Read']] })
    expect(rightsOf('trainee')).toEqual({ roles: 0, grants: [] })
    expect(agentUsers()).toMatchObject([
      { id: user, displayName: 'weather', identityParentId: idOf('agent/weather'), accountEnabled: true },
    ])
    expect(agentUsers()[0]?.userPrincipalName).toMatch(/^weather-[0-9a-f]{8}@contoso\.example$/)
    tenant.entra.requests.clear()
    expect((await run(`apply ${agents}`)).code).toBe(0)
    expect((await run('apply')).code).toBe(0)
    expect(writes()).toEqual([])
    expect((await run('status')).code).toBe(0)
  })

  it('are written into .env and into the file of AGENTS_CONFIG, which keeps what the user wrote there', async () => {
    const mine = { title: 'Wetter', description: 'Sagt es.', requireSignIn: true }
    writeFileSync(
      tenant.workplace.agentsPath,
      JSON.stringify({ agents: { weather: mine }, default: 'weather' }),
    )
    await run(`apply ${agents}`)
    const [weather, alerts, trainee] = ['weather', 'alerts', 'trainee'].map(name => idOf(`agent/${name}`))
    const user = idOf('agent/weather/user')
    expect(tenant.workplace.agents).toEqual({
      agents: {
        weather: {
          ...mine,
          clientId: weather,
          flows: ['autonomous', 'obo', 'agent-user'],
          agentUser: { objectId: user },
        },
        alerts: { title: 'alerts', clientId: alerts, flows: ['obo'] },
        trainee: { title: 'trainee', clientId: trainee, flows: ['autonomous'] },
      },
      default: 'weather',
    })
    expect(tenant.workplace.variables).toMatchObject({
      AGENT_CLIENT_ID: [weather, alerts, trainee].join(','),
      AGENTS_CONFIG: tenant.workplace.agentsPath,
      AGENT_USERS: `${weather}=${user}`,
    })
    await run('apply --remove-agent weather --remove-agent trainee --agent alerts:autonomous,obo')
    expect(tenant.workplace.variables).toMatchObject({
      AGENT_CLIENT_ID: alerts,
      AGENTS_CONFIG: '',
      AGENT_USERS: '',
    })
    expect(() => tenant.workplace.agents).toThrow('ENOENT')
  })

  it('become values for the chart', async () => {
    await run(`apply ${agents}`)
    copyFileSync(tenant.workplace.envPath, join(tenant.workplace.folder, '.env'))
    const script = resolve('scripts/agentctl.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [script, 'helm-values'], {
      cwd: tenant.workplace.folder,
    })
    const values = JSON.parse(stdout)
    expect(values).toMatchObject({ agents: tenant.workplace.agents.agents, defaultAgent: 'weather' })
    expect(values.entra).not.toHaveProperty('agentClientId')
  })

  it('are not written over a file that does not configure agents: apply reports the file and makes nothing', async () => {
    writeFileSync(tenant.workplace.agentsPath, '[1]')
    const { code, said } = await run(`apply ${agents}`)
    expect(said).toContain('is no configuration of agents')
    expect([code, writes()]).toEqual([2, []])
    expect(readFileSync(tenant.workplace.agentsPath, 'utf8')).toBe('[1]')
  })

  it('get and lose rights, and a user account with its consent, when apply names other rights', async () => {
    await run(`apply ${agents}`)
    const user = agentUsers()[0]?.id
    const plan = await run('plan --agent weather:obo --agent trainee:autonomous')
    expect(plan.output).toContain('3 to delete, 1 to create')
    tenant.entra.requests.clear()
    await run('apply --agent weather:obo --agent trainee:autonomous')
    expect(writes().map(line => line.replace(/ .*\//, ' '))).toEqual([
      expect.stringMatching('DELETE'),
      expect.stringMatching('DELETE'),
      `DELETE ${user}`,
      'POST appRoleAssignments',
    ])
    expect(rightsOf('weather')).toEqual({ roles: 0, grants: [['AllPrincipals', null, 'Weather.Read']] })
    expect(rightsOf('trainee').roles).toBe(1)
    expect([agentUsers(), (await run('status')).code]).toEqual([[], 0])
  })

  it('can be switched off one at a time; the other agents stay on', async () => {
    await run(`apply ${agents}`)
    const isOn = (name: string) => tenant.entra.directory.principalById(idOf(`agent/${name}`))?.accountEnabled
    expect((await run('disable --agent weather')).code).toBe(0)
    expect(['weather', 'alerts', 'trainee'].map(isOn)).toEqual([false, true, true])
    const [user] = agentUsers()
    if (user) user.accountEnabled = false
    expect((await run('status')).output).toMatch(/^switched +\S+ user account of agent identity "weather"$/m)
    expect((await run('apply')).code).toBe(0)
    expect([isOn('weather'), user?.accountEnabled]).toEqual([false, false])
    expect((await run('enable --agent weather')).code).toBe(0)
    expect([isOn('weather'), user?.accountEnabled]).toEqual([true, true])
  })

  it('are found again, with exactly their rights, by status --adopt when the receipt got lost', async () => {
    await run(`apply ${agents}`)
    const { setUpId, objects, settings } = tenant.workplace.receipt
    const before = portray(content())
    rmSync(tenant.workplace.receiptPath)
    const names = ['weather', 'alerts', 'trainee'].flatMap(name => ['--agent', name])
    expect((await run('status --yes --adopt', setUpId, ...names)).code).toBe(0)
    const ids = (all: typeof objects) => Object.entries(all).map(([key, { id }]) => `${key} ${id}`)
    expect(ids(tenant.workplace.receipt.objects).toSorted()).toEqual(ids(objects).toSorted())
    expect(tenant.workplace.receipt.settings.agentFlows).toEqual(settings.agentFlows)
    expect((await run('apply')).output).not.toMatch(/^(created|corrected)/m)
    expect(portray(content())).toBe(before)
  })
})

describe('the user account of an agent', () => {
  it.each([
    ['a blank before the scope, which Entra takes for not granted', { scope: ' Weather.Read' }],
    ['more than was asked for', { scope: 'Weather.Read More' }],
  ])('gets its consent corrected if the scope has %s', async (_what, change) => {
    await run(`apply ${agents}`)
    const grant = content().permissionGrants.find(({ consentType }) => consentType === 'Principal')
    Object.assign(grant ?? {}, change)
    const status = await run('status')
    expect(status.output).toMatch(/^differs +\S+ consent for its user account/m)
    expect(status.code).toBe(3)
    await run('apply')
    expect(grant?.scope).toBe('Weather.Read')
  })

  it('is made through Graph’s beta version if v1.0 does not know such accounts', async () => {
    tenant.graph.decide = ({ path }) => (/^\/v1\.0\/users\/microsoft/.test(path) ? 'not-know' : 'pass')
    expect((await run(`apply ${agents}`)).code).toBe(0)
    expect(writes()).toContain('POST /beta/users/microsoft.graph.agentUser')
    expect((await run('status')).code).toBe(0)
  })

  it('is not made if the tenant refuses this; apply then explains that some tenants refuse it to every signed-in user', async () => {
    tenant.graph.decide = ({ method, path }) =>
      method === 'POST' && path.includes('agentUser') ? 'forbid' : 'pass'
    const { code, said } = await run(`apply ${agents}`)
    expect(said).toContain('Failed: user account of agent identity "weather" (Authorization_RequestDenied)')
    expect(said).toContain('Some tenants refuse this to every signed-in user')
    expect(code).toBe(1)
    tenant.graph.reset()
    expect((await run('apply')).code).toBe(0)
    expect(agentUsers()).toHaveLength(1)
  })

  it('needs a permission, which apply checks before it makes anything; without such an account, apply does not need it', async () => {
    const others = permissions.filter(one => !one.startsWith('AgentIdUser.'))
    tenant.workplace.useToken(await graphToken(tenant, others))
    const { code, said } = await run(`apply ${agents}`)
    expect(said).toContain('permission AgentIdUser.ReadWrite.All')
    expect([code, writes()]).toEqual([1, []])
    rmSync(tenant.workplace.receiptPath, { force: true })
    expect((await run('apply')).code).toBe(0)
    expect((await run('status')).output).toContain('not evaluated')
    const destroyed = await run('destroy --yes')
    expect(destroyed.output).toContain('User accounts of these agents: Graph does not show them')
    expect(destroyed.code).toBe(0)
  })

  it('is in the domain that --agent-user-domain names; if Graph refuses the domain, apply shows Graph’s words', async () => {
    await run(`apply ${agents} --agent-user-domain contoso.example`)
    expect(tenant.workplace.receipt.settings.agentUserDomain).toBe('contoso.example')
    const names = '--blueprint-name B --api-name A --page-name P --agent-user-domain fabrikam.example'
    const receipt = `${tenant.workplace.folder}/other`
    const other = await run(`apply --agent x:agent-user ${names}`, '--receipt', receipt)
    expect(other.said).toContain('The domain portion of the userPrincipalName property is invalid.')
  })

  it('is deleted before its agent, and then the tenant is as it was before apply', async () => {
    const before = structuredClone(content())
    await run(`apply ${agents}`)
    const [user, agent] = [idOf('agent/weather/user'), idOf('agent/weather')]
    tenant.entra.requests.clear()
    expect((await run('destroy --yes')).code).toBe(0)
    const order = writes().map(line => line.split('/').at(-1))
    expect(order.indexOf(user)).toBeLessThan(order.indexOf(agent))
    expect(content()).toEqual(before)
    expect(tenant.workplace.variables['AGENT_USERS']).toBe('')
  })
})

describe('a user account that nobody asked for', () => {
  const foreign = {
    id: '99999999-0000-4000-8000-000000000001',
    displayName: 'theirs',
    mail: 'x@contoso.example',
  }

  async function addForeignUser() {
    await run(`apply ${agents}`)
    const identityParentId = idOf('agent/trainee')
    content().users.push({ ...foreign, userPrincipalName: 'x@contoso.example', identityParentId })
  }

  it('is reported by status', async () => {
    await addForeignUser()
    const { code, output } = await run('status')
    expect(output).toMatch(
      new RegExp(`^extra +${foreign.id} user account x@contoso.example of an agent`, 'm'),
    )
    expect(code).toBe(3)
  })

  it('makes `destroy` refuse; with --with-foreign-agents, `destroy` deletes the account too', async () => {
    await addForeignUser()
    const refused = await run('destroy --yes')
    expect(refused.said).toContain('deletes 1 of its agents’ user accounts that the receipt does not know')
    expect(refused.code).toBe(2)
    expect((await run('destroy --yes --with-foreign-agents')).code).toBe(0)
    expect(agentUsers()).toEqual([])
  })

  it('is reported by destroy if Entra still shows the account after the deletion', async () => {
    await run(`apply ${agents}`)
    tenant.graph.decide = ({ method, path }) => {
      const [user] = agentUsers()
      if (method === 'DELETE' && path.includes(idOf('agent/alerts')) && !user)
        content().users.push({
          ...foreign,
          userPrincipalName: 'x@contoso.example',
          identityParentId: idOf('agent/alerts'),
        })
      return 'pass'
    }
    const { code, said } = await run('destroy --yes')
    expect(said).toContain('Entra still shows the user account x@contoso.example')
    expect(code).toBe(1)
  })
})

describe('what agents inherit from their blueprint', () => {
  async function addInheritedRights() {
    await run(`apply ${agents}`)
    const of = { resourceId: idOf('weather-api-principal'), principalId: idOf('blueprint-principal') }
    const [role] = content().applications.find(({ id }) => id === idOf('weather-api'))?.appRoles ?? []
    const createdDateTime = '2026-11-01T00:00:00Z'
    content().appRoleAssignments.push({ ...of, id: 'added', appRoleId: role?.id ?? '', createdDateTime })
    content().permissionGrants.push({
      id: 'added',
      consentType: 'AllPrincipals',
      clientId: of.principalId,
      principalId: null,
      resourceId: seedIds.graphPrincipal,
      scope: 'User.Read',
    })
    const blueprint = content().applications.find(({ kind }) => kind === 'agentIdentityBlueprint')
    const all = {
      inheritableScopes: { kind: 'allAllowed' },
      inheritableRoles: { kind: 'allAllowed' },
    } as const
    const { appId = '' } = content().applications.find(({ id }) => id === idOf('weather-api')) ?? {}
    blueprint?.inheritablePermissions.push(
      { resourceAppId: appId, ...all },
      { resourceAppId: '00000003-0000-0000-c000-000000000000', ...all },
    )
  }

  it('is reported for each agent, even for the one without any right of its own', async () => {
    await addInheritedRights()
    const { code, output } = await run('status')
    for (const name of ['weather', 'alerts', 'trainee']) {
      const by = `, inherited from the blueprint, of agent identity "${name}"`
      expect(output).toMatch(new RegExp(`^extra .*app role .* of "Weather API"${by}$`, 'm'))
      expect(output).toContain(`User.Read of ${seedIds.graphPrincipal}${by}`)
    }
    expect(output).toContain(
      'what agents inherit at 00000003-0000-0000-c000-000000000000: scopes allAllowed, app roles allAllowed',
    )
    expect(code).toBe(3)
  })

  it('is reported as not evaluated, never as clean, if Graph does not show it', async () => {
    await run(`apply ${agents}`)
    tenant.graph.decide = ({ path }) => (path.startsWith('/beta/') ? 'not-know' : 'pass')
    const { output } = await run('status')
    expect(output).toMatch(/^not evaluated +app roles inherited by agent identity "trainee"$/m)
    expect(output).not.toContain('The tenant is as the receipt says.')
  })
})
