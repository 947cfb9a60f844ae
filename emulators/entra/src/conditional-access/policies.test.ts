import { describe, expect, it } from 'vitest'
import type { ConditionalAccessPolicy } from '../directory/policies.ts'
import { ada, Browser, ben, readRedirect, redeem, signIn } from '../testing/browser.ts'
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestObo, requestT1, requestT2, requestTr, requestTrAsUser } from '../testing/requests.ts'
import { seedIds } from '../testing/seed-ids.ts'
import { agentId, blueprintAppId, weatherAppId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()
const siblingId = 'bbbbbbbb-0000-4000-8000-00000000001b'
const policiesPath = '/beta/identity/conditionalAccess/policies'

type Conditions = ConditionalAccessPolicy['conditions']
const all = { includeApplications: ['All'] }
const agents = (...included: string[]): Conditions => ({
  applications: all,
  clientApplications: { includeAgentIdServicePrincipals: included },
})
const people = (...includeUsers: string[]): Conditions => ({ applications: all, users: { includeUsers } })

async function makePolicy(
  conditions: Conditions,
  {
    state = 'enabled',
    control = 'block',
  }: { state?: ConditionalAccessPolicy['state']; control?: string } = {},
) {
  const grantControls = { operator: 'OR', builtInControls: [control] }
  const body = { displayName: 'A policy', state, conditions, grantControls }
  const { status, body: made } = await graph.send('POST', policiesPath, body)
  expect(status).toBe(201)
  return made.id as string
}

const codeOf = ({ body }: { body: { error_codes?: readonly number[] } }) => body.error_codes?.[0] ?? 'token'
const askAs = async (client: string) => {
  const t1 = (await requestT1(entra, { fmi_path: client })).body.access_token
  return codeOf(await requestTr(entra, { client_id: client, client_assertion: t1 }))
}

/** What Entra answers in each flow of the weather agent, and to its sibling. */
async function outcomes(tc?: string) {
  const assertion = tc ?? (await signIn(entra, ada)).body.access_token
  return {
    t1: codeOf(await requestT1(entra)),
    t2: codeOf(await requestT2(entra)),
    autonomous: codeOf(await requestTr(entra)),
    obo: codeOf(await requestObo(entra, assertion)),
    'agent user': codeOf(await requestTrAsUser(entra)),
    sibling: await askAs(siblingId),
  }
}
const flows = ['t1', 't2', 'autonomous', 'obo', 'agent user', 'sibling']
const nothing = Object.fromEntries(flows.map(flow => [flow, 'token']))
const bothAgents = { autonomous: 53003, sibling: 53003 }

// biome-ignore format: table
it.each<readonly [what: string, conditions: Conditions, refused: object]>([
  ['an agent', agents(agentId), { autonomous: 53003 }],
  ['all agents', agents('All'), bothAgents],
  ['a blueprint, by its client id', agents(blueprintAppId), bothAgents],
  ['a blueprint, by the id of its principal', agents(seedIds.blueprintPrincipal), bothAgents],
  ['all agents but one, which is excluded', { applications: all, clientApplications: { includeAgentIdServicePrincipals: ['All'], excludeAgentIdServicePrincipals: [agentId] } }, { sibling: 53003 }],
  ['agents at another API', { ...agents('All'), applications: { includeApplications: [seedIds.graphPrincipal] } }, {}],
  ['agents at all APIs but this one', { ...agents('All'), applications: { ...all, excludeApplications: [weatherAppId] } }, {}],
  ['agents at high risk, while none is', { ...agents('All'), agentIdRiskLevels: 'high' }, {}],
  ['another user', people(ben), {}],
  ['agents’ users', people('AllAgentIdUsers'), { 'agent user': 53003 }],
  ['one agent’s user', people(seedIds.agentUser), { 'agent user': 53003 }],
])('a policy that blocks %s stops exactly the tokens that are about them, and never T1 or T2', async (_what, conditions, refused) => {
  const tc = (await signIn(entra, ada)).body.access_token
  await makePolicy(conditions)
  expect(await outcomes(tc)).toEqual({ ...nothing, ...refused })
})

it('a policy that blocks all people stops what agents do for them, and their sign-in, but no agent’s own user', async () => {
  const tc = (await signIn(entra, ada)).body.access_token
  await makePolicy(people('All'))
  expect(await outcomes(tc)).toEqual({ ...nothing, obo: 53003 })
  expect(readRedirect(await new Browser(entra).answer({ account: ada }))['error_description']).toMatch(
    /^AADSTS53003/,
  )
})

it('a policy for all agents as resources stops people who sign in for an agent', async () => {
  const id = await makePolicy({
    ...people('All'),
    applications: { includeApplications: ['AllAgentIdResources'] },
  })
  const refused = readRedirect(await new Browser(entra).answer({ account: ada }))
  expect(refused['error_description']).toMatch(/^AADSTS53003/)
  await graph.send('DELETE', `${policiesPath}/${id}`)
  expect(await outcomes()).toEqual(nothing)
})

it('a block is refused with the body that Entra sends; only a user’s refusal names the policy', async () => {
  const tc = (await signIn(entra, ada)).body.access_token
  const id = await makePolicy(people(ada))
  const { status, body } = await requestObo(entra, tc)
  expect([status, body]).toMatchObject([
    400,
    {
      error: 'invalid_grant',
      error_description: expect.stringMatching(
        /^AADSTS53003: Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.\r\n/,
      ),
      error_codes: [53003],
      error_uri: `${entra.url}/error?code=53003`,
      suberror: 'message_only',
      claims: JSON.stringify({ access_token: { capolids: { essential: true, values: [id] } } }),
    },
  ])
  await makePolicy(agents('All'))
  expect((await requestTr(entra)).body.claims).toBeUndefined()
})

it('a report-only policy stops nobody, and so does a disabled one, or one that demands a second factor of an agent', async () => {
  await makePolicy(agents('All'), { state: 'enabledForReportingButNotEnforced' })
  await makePolicy(agents('All'), { state: 'disabled' })
  await makePolicy(agents('All'), { control: 'mfa' })
  expect(await outcomes()).toEqual(nothing)
})

it('any block wins, and security defaults turn all policies off', async () => {
  await makePolicy(agents(agentId), { control: 'mfa' })
  await makePolicy(agents(agentId))
  expect(await outcomes()).toEqual({ ...nothing, autonomous: 53003 })
  const defaults = '/v1.0/policies/identitySecurityDefaultsEnforcementPolicy'
  await graph.send('PATCH', defaults, { isEnabled: true })
  expect((await graph.send('GET', defaults)).body).toMatchObject({ isEnabled: true })
  expect(await outcomes()).toEqual(nothing)
})

it('a policy that demands a second factor for an API is met by signing in with the claims of the refusal', async () => {
  const { body } = await signIn(entra, ada)
  const id = await makePolicy(
    { ...people('All'), applications: { includeApplications: [weatherAppId] } },
    { control: 'mfa' },
  )
  const refused = await requestObo(entra, body.access_token)
  const claims = JSON.stringify({ access_token: { capolids: { essential: true, values: [id] } } })
  expect(refused.body).toMatchObject({ error_codes: [50076], claims })
  const browser = new Browser(entra)
  expect(await (await browser.answer({ account: ada }, { claims })).text()).toContain(
    'second factor: A policy',
  )
  const code =
    readRedirect(await browser.answer({ account: ada, factor: 'approve' }, { claims }))['code'] ?? ''
  expect(codeOf(await requestObo(entra, (await redeem(entra, code)).body.access_token))).toBe('token')
})

// biome-ignore format: table
it.each([
  ['exclude', 'CustomSecurityAttribute.Agent_Approval -contains "HR"', { sibling: 53003 }],
  ['include', 'CustomSecurityAttribute.Agent_Approval -contains "HR"', { autonomous: 53003 }],
  ['include', 'CustomSecurityAttribute.Agent_Approval -notContains "HR"', { sibling: 53003 }],
  ['include', 'CustomSecurityAttribute.Agent_Approval -eq "HR" -and CustomSecurityAttribute.Agent_Stage -eq "test"', {}],
  ['include', 'CustomSecurityAttribute.Agent_Approval -eq "HR" -or CustomSecurityAttribute.Agent_Stage -eq "test"', { autonomous: 53003 }],
])('a filter to %s agents by %s chooses them by their custom security attributes', async (mode, rule, refused) => {
  const customSecurityAttributes = { Agent: { Approval: ['HR', 'Legal'] } }
  expect((await graph.patch(`/servicePrincipals/${agentId}`, { customSecurityAttributes })).status).toBe(204)
  const filter = { mode: mode as 'include', rule }
  await makePolicy({ applications: all, clientApplications: { includeAgentIdServicePrincipals: ['All'], agentIdServicePrincipalFilter: filter } })
  expect(await outcomes()).toEqual({ ...nothing, ...refused })
})

describe('risk', () => {
  const risky = '/beta/identityProtection/riskyAgents'
  const act = (action: string, ...agentIds: string[]) =>
    graph.send('POST', `${risky}/${action}`, { agentIds })
  const read = async (path: string) => (await graph.send('GET', path)).body

  it('a compromised agent is stopped only by a policy for risky agents, while its sibling goes on, until it is confirmed safe', async () => {
    expect((await act('confirmCompromised', agentId)).status).toBe(204)
    expect(await outcomes()).toEqual(nothing)
    const medium = await makePolicy({ ...agents('All'), agentIdRiskLevels: 'low,medium' })
    expect(await outcomes()).toEqual(nothing)
    await graph.send('PATCH', `${policiesPath}/${medium}`, {
      conditions: { ...agents('All'), agentIdRiskLevels: 'medium,high' },
    })
    expect(await outcomes()).toEqual({ ...nothing, autonomous: 53003 })
    expect((await read(risky)).value).toEqual([
      {
        '@odata.type': '#microsoft.graph.riskyAgentIdentity',
        ...{ id: agentId, agentDisplayName: 'Weather agent', blueprintId: blueprintAppId },
        ...{ identityType: 'agentIdentity', isDeleted: false, isEnabled: true, isProcessing: false },
        ...{ riskLevel: 'high', riskState: 'confirmedCompromised' },
        ...{ riskDetail: 'adminConfirmedAgentCompromised', riskLastModifiedDateTime: expect.any(String) },
      },
    ])
    expect((await read('/beta/identityProtection/agentRiskDetections')).value).toMatchObject([
      {
        agentId,
        riskEventType: 'adminConfirmedAgentCompromised',
        riskLevel: 'high',
        detectionTimingType: 'offline',
      },
    ])
    await act('confirmSafe', agentId)
    expect(await outcomes()).toEqual(nothing)
    expect(await read(`${risky}/${agentId}`)).toMatchObject({ riskLevel: 'none', riskState: 'confirmedSafe' })
  })

  it('what an administrator says counts after the time that the settings give Entra for it', async () => {
    await makePolicy({ ...agents('All'), agentIdRiskLevels: 'high' })
    entra.entra.settings.change({ riskProcessingSeconds: 120 })
    await act('confirmCompromised', agentId)
    expect((await read(risky)).value).toEqual([])
    expect(await outcomes()).toEqual(nothing)
    entra.entra.settings.change({ clockOffsetSeconds: 121 })
    await graph.signIn()
    expect(await outcomes()).toMatchObject({ autonomous: 53003 })
    await act('dismiss', agentId)
    expect((await read(risky)).value).toMatchObject([
      { isProcessing: true, riskState: 'confirmedCompromised' },
    ])
    expect(await outcomes()).toMatchObject({ autonomous: 53003 })
  })

  it('a risk of an agent’s user stops that user, not the agent', async () => {
    await makePolicy({ ...people('AllAgentIdUsers'), agentIdRiskLevels: 'high' })
    await act('confirmCompromised', seedIds.agentUser)
    expect(await outcomes()).toEqual({ ...nothing, 'agent user': 53003 })
    expect((await read(risky)).value).toMatchObject([{ identityType: 'agentUser' }])
  })

  it('an unknown agent or an ordinary user is no risky agent', async () => {
    for (const id of [ada, weatherAppId]) expect((await act('dismiss', id)).status).toBe(404)
  })
})

describe('Graph’s evaluation', () => {
  const path = '/beta/identity/conditionalAccess/evaluate'
  const asAgent = {
    signInIdentity: { '@odata.type': '#microsoft.graph.agentSignIn', agentServicePrincipalId: agentId },
    signInContext: {
      '@odata.type': '#microsoft.graph.applicationContext',
      includeApplications: [weatherAppId],
    },
  }
  const ask = async (more: object = {}) => {
    const { body } = await graph.send('POST', path, { ...asAgent, ...more })
    return body.value.map((one: { analysisReasons: string }) => one.analysisReasons)
  }

  it('tells which policies would apply, report-only ones too, and why others would not', async () => {
    await makePolicy(
      { ...agents('All'), agentIdRiskLevels: 'high' },
      { state: 'enabledForReportingButNotEnforced' },
    )
    await makePolicy(people('All'))
    await makePolicy(agents('All'), { state: 'disabled' })
    await makePolicy({ ...agents('All'), applications: { includeApplications: [blueprintAppId] } })
    const signInConditions = { agentIdRiskLevel: 'high', devicePlatform: 'all' }
    expect(await ask()).toEqual([
      'workloadIdentities',
      'unknownFutureValue',
      'workloadIdentities',
      'policyNotEnabled',
      'application',
    ])
    expect(await ask({ signInConditions })).toEqual([
      'workloadIdentities',
      'notSet',
      'workloadIdentities',
      'policyNotEnabled',
      'application',
    ])
    expect(await ask({ signInConditions, appliedPoliciesOnly: true })).toEqual(['notSet'])
    const signInIdentity = { '@odata.type': '#microsoft.graph.userSignIn', userId: ada }
    const context = { signInContext: { authenticationContextValue: 'c1' } }
    expect(await ask({ signInIdentity })).toEqual([
      'authenticationContext',
      'users',
      'notSet',
      'policyNotEnabled',
      'users',
    ])
    expect(await ask({ signInIdentity, ...context })).toEqual([
      'notSet',
      'users',
      'application',
      'policyNotEnabled',
      'users',
    ])
  })
})

it('version 1.0 neither takes nor shows conditions of agents', async () => {
  const id = await makePolicy({ ...agents('All'), agentIdRiskLevels: 'high' })
  const { conditions } = await graph.read(`/identity/conditionalAccess/policies/${id}`)
  expect(conditions).toEqual({ applications: all })
})
