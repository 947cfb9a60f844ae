import { expect, it } from 'vitest'
import { type AccessRules, decideAccess } from './access.ts'

const ids = { agent: 'agent-1', sibling: 'agent-2', client: 'client-1', ada: 'ada-1', robot: 'agent-user-1' }
const callers = [
  { clientId: ids.agent, isAgent: true, agentUserId: ids.robot },
  { clientId: ids.sibling, isAgent: true },
  { clientId: ids.client },
]
const permissions = { autonomous: 'Read.All', obo: 'Read', 'agent-user': 'Read' }
const rules: AccessRules = { callers, permissions }

type Claims = Readonly<Record<string, unknown>>

const commonClaims = { ver: '2.0', tid: 'tenant-1' }
/** Claims of an app's token. `facets` are optional claims, which Entra issues only if the API's registration asks for them. */
const appClaims = (azp: string, facets: Claims = {}) =>
  ({ ...commonClaims, azp, oid: azp, sub: azp, roles: ['Read.All'], ...facets }) as const
const userClaims = (azp: string, oid: string, facets: Claims = {}) =>
  ({ ...commonClaims, azp, oid, sub: 'pairwise', scp: 'Read', ...facets }) as const
const markerClaims = (idtyp: string, actor: string, subject: string) =>
  ({ idtyp, xms_act_fct: actor, xms_sub_fct: subject }) as const

// biome-ignore format: table
it.each<[string, string, Claims, AccessRules?]>([
  ['agent', 'its facets', appClaims(ids.agent, markerClaims('app', '9 3 11', '11 3 9'))],
  ['agent', 'the list of callers', appClaims(ids.agent)],
  ['agent', 'the facets of its client', appClaims(ids.agent, { xms_act_fct: '11' })],
  ['agent', 'the facets of its subject, where the list does not tell', appClaims(ids.client, { xms_sub_fct: '11' })],
  ['app', 'its facets', appClaims(ids.client, markerClaims('app', '9 3', '3 9'))],
  ['app', 'the list of callers', appClaims(ids.client)],
  ['agent', 'its facets, where the list does not tell', appClaims(ids.client, markerClaims('app', '11', '11'))],
  ['agentForUser', 'its facets', userClaims(ids.agent, ids.ada, markerClaims('user', '11 9 3', '2 3'))],
  ['agentForUser', 'the list of callers', userClaims(ids.agent, ids.ada)],
  ['user', 'its facets', userClaims(ids.client, ids.ada, markerClaims('user', '9 3', '2 3'))],
  ['user', 'the list of callers', userClaims(ids.client, ids.ada)],
  ['agentUser', 'its facets and the list of callers', userClaims(ids.agent, ids.robot, markerClaims('user', '11', '13 2'))],
  ['agentUser', 'the list of callers', userClaims(ids.agent, ids.robot)],
  ['agentUser', 'its facets, where the list names no agent user', userClaims(ids.agent, ids.robot, markerClaims('user', '11', '13')), { callers: [{ clientId: ids.agent, isAgent: true }], permissions }],
  ['app', 'nothing, if any client may call', appClaims('whoever'), { ...rules, callers: 'any' }],
  ['agent', 'its facets, if any client may call', appClaims('whoever', markerClaims('app', '11', '11')), { ...rules, callers: 'any' }],
])('A token’s caller is recognised as the kind `%s` by %s', (kind, _by, claims, by = rules) => {
  expect(decideAccess(claims, by)).toMatchObject({ identity: { kind }, checks: ['caller', 'permission'] })
})

// biome-ignore format: table
it.each<[string, Claims]>([
  ['The token names an agent user as its client.', userClaims(ids.agent, ids.ada, markerClaims('user', '11 13', '2'))],
  ['The token is that of an app, and its subject an agent user.', appClaims(ids.agent, markerClaims('app', '11', '11 13'))],
  ['The token has an agent as its client or its subject only.', appClaims(ids.agent, markerClaims('app', '11', '9'))],
  ['The token has an agent as its client or its subject only.', appClaims(ids.client, markerClaims('app', '9', '11'))],
  ['The token is for a user, and its subject an agent identity.', userClaims(ids.agent, ids.ada, markerClaims('user', '11', '11'))],
  ['The token does not call the agent user one.', userClaims(ids.agent, ids.robot, markerClaims('user', '11', '2'))],
  ['The token of an agent user was not obtained by an agent.', userClaims(ids.client, 'agent-user-2', markerClaims('user', '9', '13'))],
  ['The token of an agent user was not obtained by an agent.', userClaims(ids.client, ids.robot)],
  ['The agent user is not that of the agent.', userClaims(ids.sibling, ids.robot)],
  ['The agent user is not that of the agent.', userClaims(ids.sibling, ids.robot, markerClaims('user', '11', '13'))],
  ['The agent user is not that of the agent.', userClaims(ids.agent, 'agent-user-2', markerClaims('user', '11', '13'))],
  ['The agent user is not that of the agent.', userClaims(ids.sibling, 'agent-user-2', markerClaims('user', '11', '13'))],
])('A token with contradictory claims is refused, not attributed to the most likely caller: %s', (message, claims) => {
  expect(() => decideAccess(claims, rules)).toThrow(expect.objectContaining({ message, failedCheck: 'caller' }))
})

it('The identity of a caller, even of a refused one, has the ids of token, client, subject, tenant and blueprint', () => {
  const claims = appClaims('stranger', { xms_par_app_azp: 'blueprint-1', uti: 'token-1' })
  const identity = {
    flow: 'autonomous',
    caller: 'stranger',
    objectId: 'stranger',
    tenantId: 'tenant-1',
    blueprintAppId: 'blueprint-1',
    tokenId: 'token-1',
  }
  expect(decideAccess(claims, { callers: 'any', permissions }).identity).toEqual({ ...identity, kind: 'app' })
  expect(decideAccess(claims, rules).refusal).toEqual({
    failedCheck: 'caller',
    reason: 'The client is not one of those that may call this API.',
    isOfToken: false,
    passed: [],
    refused: identity,
  })
})

it('An agent user may call only if its permission is configured', () => {
  const claims = userClaims(ids.agent, ids.robot)
  const { autonomous, obo } = permissions
  expect(decideAccess(claims, { callers, permissions: { autonomous, obo } })).toMatchObject({
    refusal: {
      failedCheck: 'permission',
      reason: 'This API takes no calls of the kind agentUser.',
      passed: ['caller'],
      refused: { kind: 'agentUser', flow: 'agent-user' },
    },
  })
})

it.each([
  ['app role A or B', appClaims(ids.agent)],
  ['scope A or B', userClaims(ids.agent, ids.ada)],
])('A token with none of the accepted permissions is refused because it lacks the %s', (missing, claims) => {
  const either = { autonomous: ['A', 'B'], obo: ['A', 'B'] }
  expect(decideAccess(claims, { callers, permissions: either }).refusal?.reason).toBe(
    `The token lacks the ${missing}.`,
  )
})
