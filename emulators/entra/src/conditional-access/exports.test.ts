import { expect, it } from 'vitest'
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestTr, sendJson } from '../testing/requests.ts'
import { startEntra } from '../testing/start-entra.ts'
import exported from './exported-policy.json' with { type: 'json' }

const { entra, graph } = await startGraphForFile()
const path = '/beta/identity/conditionalAccess/policies'

const { conditions, grantControls } = exported
const { users } = conditions

it('a policy that a tenant exported is taken as it is, and a change to null empties what it had', async () => {
  const { status, body } = await graph.send('POST', path, exported)
  expect(status).toBe(201)
  expect(body.id).not.toBe(exported.id)
  expect((await requestTr(entra)).body.error_codes).toEqual([53003])
  const signInFrequency = {
    ...{ isEnabled: true, frequencyInterval: 'everyTime', value: null, type: null },
    authenticationType: 'primaryAndSecondaryAuthentication',
  }
  const change = (changed: object) => graph.send('PATCH', `${path}/${body.id}`, changed)
  const read = async () => (await graph.send('GET', `${path}/${body.id}`)).body
  expect((await change({ sessionControls: { signInFrequency, persistentBrowser: null } })).status).toBe(204)
  expect((await read()).sessionControls).toEqual({
    signInFrequency: {
      ...{ isEnabled: true, frequencyInterval: 'everyTime' },
      authenticationType: 'primaryAndSecondaryAuthentication',
    },
  })
  await change({ sessionControls: null, state: 'disabled' })
  expect(await read()).toEqual({ ...body, state: 'disabled' })
  expect((await requestTr(entra)).status).toBe(200)
})

// biome-ignore format: table
const notEmulated: Readonly<Record<string, object>> = {
  locations: { conditions: { ...conditions, locations: { includeLocations: ['All'], excludeLocations: [] } } },
  groups: { conditions: { ...conditions, clientApplications: null, users: { ...users, includeUsers: ['All'], excludeGroups: ['0ee5b3dc-f9ce-4414-b93b-aea03ef7e108'] } } },
  'service principals': { conditions: { ...conditions, clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] } } },
  'legacy clients': { conditions: { ...conditions, clientAppTypes: ['exchangeActiveSync', 'other'] } },
  'an authentication strength': { grantControls: { ...grantControls, builtInControls: [], authenticationStrength: { id: '00000000-0000-0000-0000-000000000004' } } },
  'sign-in every four hours': { sessionControls: { signInFrequency: { value: 4, type: 'hours', isEnabled: true, frequencyInterval: 'timeBased' } } },
  nobody: { conditions: { ...conditions, clientApplications: null, users: null } },
  'agents and people': { conditions: { ...conditions, users: { ...users, includeUsers: ['All'] } } },
  'a filter of its own': { conditions: { ...conditions, clientApplications: { agentIdServicePrincipalFilter: { mode: 'include', rule: 'true' } } } },
  'a context out of range': { conditions: { ...conditions, applications: { includeAuthenticationContextClassReferences: ['c100'] } } },
  'no application': { conditions: { ...conditions, applications: null } },
  nothing: { conditions: null, grantControls: null, state: null, displayName: null },
  'a list in a list': { conditions: JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`) },
  'a context besides': { context: 'c1' },
}

it('what is not emulated is refused in words, by POST and in a seed', async () => {
  const lines = []
  for (const [what, change] of Object.entries(notEmulated)) {
    const policy = { ...exported, ...change }
    const { status, body } = await graph.send('POST', path, policy)
    const seed = { tenant: 'other', policies: { one: policy } }
    const made = await sendJson(entra, 'POST', '/emulator/tenants', seed)
    expect([status, made.status]).toEqual([400, 400])
    lines.push(`${what}:\n${body.error.message}\n${made.body.detail}\n`)
  }
  await expect(lines.join('\n')).toMatchFileSnapshot('exports.txt')
})

it('a seed’s policies in Graph’s shape decide from the start, and keep their ids', async () => {
  const policies = { 'block-agents': exported, 'second-factor': { context: 'c2' } }
  await using strict = await startEntra({}, { extends: 'demo', policies })
  expect((await requestTr(strict)).body.error_codes).toEqual([53003])
  expect(strict.entra.directory.content.conditionalAccessPolicies).toMatchObject([
    { displayName: 'Confirm changes by a second factor' },
    { displayName: 'Block risky agents', id: exported.id },
    {
      displayName: 'second-factor',
      conditions: { applications: { includeAuthenticationContextClassReferences: ['c2'] } },
    },
  ])
})
