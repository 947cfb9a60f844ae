import { expect, it, onTestFinished } from 'vitest'
import type { ConditionalAccessPolicy } from '../../../../emulators/entra/src/directory/policies.ts'
import { whatIfPermissions } from '../../src/entra/what-if.ts'
import { type Scenes, useSetUp } from './support/tenant.ts'
import { applicationToken } from './support/workplace.ts'

const tenant = useSetUp('apply --agent weather:autonomous+obo+agent-user --agent trainee:autonomous')
const { content, expectScenes, treat } = tenant

const agents = { clientApplications: { includeAgentIdServicePrincipals: ['All'] } }
const atRisk = { ...agents, agentIdRiskLevels: 'high' }

/** A step: signs in with what the command asks for, and adds a policy. */
const withPolicy =
  (
    conditions: Partial<ConditionalAccessPolicy['conditions']>,
    control: 'block' | 'mfa' = 'block',
    state: ConditionalAccessPolicy['state'] = 'enabled',
  ) =>
  async (): Promise<void> => {
    await signInToRead()
    content().conditionalAccessPolicies.push({
      id: `policy-${content().conditionalAccessPolicies.length}`,
      displayName: `${control}, ${state}`,
      state,
      conditions: { applications: { includeApplications: ['All'] }, ...conditions },
      grantControls: { operator: 'OR', builtInControls: [control] },
    })
  }
const signInToRead = async (roles: readonly string[] = whatIfPermissions): Promise<void> =>
  tenant.workplace.useToken(await applicationToken(tenant, roles))
const reportOnly = 'enabledForReportingButNotEnforced'
const isEvaluation = ({ path }: { path: string }) => path.endsWith('/evaluate')
const hideDefaults = treat('forbid', ({ path }) => path.endsWith('DefaultsEnforcementPolicy'))

// biome-ignore format: table
const scenes: Scenes = [
  ['no policy for agents', () => signInToRead(), 'what-if --agent weather'],
  ['a policy that blocks agents at high risk', withPolicy(atRisk), 'what-if --agent weather --risk high', 'what-if --agent weather --risk low', 'what-if --agent weather --risk high --json'],
  ['a policy that blocks agents at another API', withPolicy({ ...agents, applications: { includeApplications: ['00000003-0000-0000-c000-000000000000'] } }), 'what-if --agent trainee'],
  ['a policy that only reports', withPolicy(agents, 'block', reportOnly), 'what-if --agent weather'],
  ['a policy that demands a second factor of agents', withPolicy(agents, 'mfa'), 'what-if --agent weather'],
  ['on behalf of a user whom a policy blocks, and whose agent is at risk', withPolicy(atRisk), withPolicy({ users: { includeUsers: ['All'] }, userRiskLevels: ['high'] }), 'what-if --agent weather --flow obo --user ada@contoso.example', 'what-if --agent weather --flow obo --user ada@contoso.example --risk high'],
  ['on behalf of a user of whom a second factor is demanded', withPolicy({ users: { includeUsers: ['All'] } }, 'mfa'), 'what-if --agent weather --flow obo --user ada@contoso.example'],
  ['as the user account of the agent', withPolicy({ users: { includeUsers: ['AllAgentIdUsers'] } }), 'what-if --agent weather --flow agent-user'],
  ['names in place of a receipt', withPolicy(agents), 'what-if --receipt nowhere --agent weather --resource "Weather API"', 'what-if --receipt nowhere --agent nobody --resource "Weather API"', 'what-if --receipt nowhere --agent weather', 'what-if --receipt nowhere --agent weather --flow agent-user --resource "Weather API"'],
  ['a question that leaves something out', () => signInToRead(), 'what-if', 'what-if --agent weather --flow obo', 'what-if --agent weather --user ada@contoso.example', 'what-if --agent weather --flow obo --user nobody@contoso.example', 'what-if --agent weather --risk extreme'],
  ['security defaults that Graph does not show', withPolicy(agents), hideDefaults, 'what-if --agent weather'],
  ['a caller without the permission', () => signInToRead(['Application.Read.All']), 'what-if --agent weather'],
  ['a tenant without the licence', () => signInToRead(), treat('unlicensed', isEvaluation), 'what-if --agent weather'],
]

it('what-if tells which policies decide about a token, what Entra would answer, and how it knows', () =>
  expectScenes('what-if', scenes))

it('what-if says that security defaults switch all policies off', async () => {
  tenant.begin()
  await withPolicy(agents)()
  tenant.entra.settings.change({ securityDefaults: true })
  onTestFinished(() => tenant.entra.settings.change({ securityDefaults: false }))
  const { output } = await tenant.run('what-if --agent weather')
  expect(output).toContain('A token, if the agent has the right for it')
  expect(output).toContain('The tenant has security defaults on: no policy counts.')
})

it('what-if only reads: it asks for no permission to write', () => {
  expect(whatIfPermissions.filter(one => /Write|Create|AddRemove/.test(one))).toEqual([])
})
