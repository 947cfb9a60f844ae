import type { Flow } from '@entra-agents/trace'
import { afterEach, expect, it, vi } from 'vitest'
import { acceptAgentToken } from './accept-agent-token.ts'
import {
  agent,
  autonomousClaims,
  describeProblem,
  ids,
  onBehalfOfClaims,
  ordersApi,
  secondAgent,
  unsignedToken,
} from './testing/fixtures.ts'

const { agentClientId, ordersApiAppId, blueprintAppId, ada, ben, agentUser } = ids
afterEach(() => vi.useRealTimers())

type Claims = Readonly<Record<string, unknown>>

/** What becomes of a token in a flow, in which the user is Ada if there is one. */
function judge(flow: Flow, token: string, userId = flow === 'obo' ? ada : undefined): string {
  try {
    const { checks } = acceptAgentToken(token, { agent, flow, api: ordersApi, userId })
    return `accepted: ${checks.map(({ name, ok }) => `${name} ${ok}`).join(', ')}`
  } catch (error) {
    return describeProblem(error as Parameters<typeof describeProblem>[0])
  }
}

// biome-ignore format: table
const tokens: Readonly<Record<Flow, readonly (readonly [what: string, claims: Claims])[]>> = {
  autonomous: [
    ['a v2 token', autonomousClaims()],
    ['a v1 token with its URI as audience', autonomousClaims({ azp: undefined, appid: agentClientId, aud: `api://${ordersApiAppId}` })],
    ['a token without the optional claim idtyp', autonomousClaims({ idtyp: undefined })],
    ['a token whose actor is in upper case', autonomousClaims({ azp: agentClientId.toUpperCase() })],
    ['the blueprint’s own token', autonomousClaims({ azp: blueprintAppId, oid: 'blueprint' })],
    ['a token without an actor', autonomousClaims({ azp: undefined })],
    ['a v1 token of the blueprint', autonomousClaims({ azp: undefined, appid: blueprintAppId })],
    ['a token of another tenant', autonomousClaims({ tid: blueprintAppId })],
    ['a token for another API', autonomousClaims({ aud: 'https://graph.microsoft.com' })],
    ['a token for several APIs', autonomousClaims({ aud: [ordersApiAppId, 'other'] })],
    ['an expired token', autonomousClaims({ exp: 1 })],
    ['a token that never expires', autonomousClaims({ exp: undefined })],
    ['a user’s token', autonomousClaims({ idtyp: 'user', scp: 'Orders.Read' })],
    ['a delegated token without idtyp', autonomousClaims({ idtyp: undefined, scp: 'Orders.Read' })],
    ['an app token that is delegated all the same', autonomousClaims({ scp: 'Orders.Read' })],
    ['a token of an unknown type', autonomousClaims({ idtyp: 'device' })],
    ['a token whose subject is an agent user', autonomousClaims({ xms_sub_fct: '11 13' })],
    ['a token whose facets are no text', autonomousClaims({ xms_sub_fct: 13 })],
  ],
  obo: [
    ['a v2 token of the user who asked', onBehalfOfClaims(ada)],
    ['such a token without idtyp', onBehalfOfClaims(ada, { idtyp: undefined })],
    ['another user’s token', onBehalfOfClaims(ben)],
    ['the agent’s own token', autonomousClaims()],
    ['an app token with the user’s oid', autonomousClaims({ oid: ada })],
    ['an app token with a scope', onBehalfOfClaims(ada, { idtyp: 'app' })],
    ['a token without a scope', onBehalfOfClaims(ada, { scp: undefined })],
    ['a token with an empty scope', onBehalfOfClaims(ada, { scp: '' })],
    ['a token without a user', onBehalfOfClaims(ada, { oid: undefined })],
    ['an agent user’s token', onBehalfOfClaims(ada, { xms_sub_fct: '13 2' })],
    ['a token of the blueprint for the user', onBehalfOfClaims(ada, { azp: blueprintAppId })],
  ],
  'agent-user': [
    ['a token of the account, without facets', onBehalfOfClaims(agentUser)],
    ['a token of the account, with facets', onBehalfOfClaims(agentUser, { xms_sub_fct: '1 13', xms_act_fct: '11' })],
    ['a user’s token', onBehalfOfClaims(ada)],
    ['a token that is not marked as an agent user’s', onBehalfOfClaims(agentUser, { xms_sub_fct: '2' })],
    ['the agent’s own token', autonomousClaims()],
    ['an app token with the account’s oid', autonomousClaims({ oid: agentUser })],
    ['an app token with a scope', onBehalfOfClaims(agentUser, { idtyp: 'app' })],
    ['a token of the account under another agent', onBehalfOfClaims(agentUser, { azp: secondAgent.clientId })],
  ],
}

it('TR is accepted only if it is what was asked for; a refusal names the sidecar as the cause, and what to do', async () => {
  const blocks = Object.entries(tokens).flatMap(([flow, rows]) => {
    const byOutcome = Map.groupBy(rows, ([, claims]) => judge(flow as Flow, unsignedToken(claims)))
    return [...byOutcome].map(
      ([outcome, alike]) => `# ${flow}: ${alike.map(([what]) => what).join('; ')}\n${outcome}\n`,
    )
  })
  await expect(blocks.join('\n')).toMatchFileSnapshot('accept-agent-token.txt')
})

it('TR on behalf of a user is refused if the user who asked is unknown, even if TR has no user either', () => {
  const token = unsignedToken(onBehalfOfClaims(ada, { oid: undefined }))
  expect(() => acceptAgentToken(token, { agent, flow: 'obo', api: ordersApi, userId: undefined })).toThrow(
    'The token acts for another user.',
  )
})

it('TR is refused if it cannot be read, and the refusal shows nothing of it', () => {
  expect(judge('autonomous', 'opaque')).toBe(
    'SIDECAR_MISCONFIGURED: The sidecar returned a token that cannot be read, so it was not used.\n  from: sidecar\n  failedCheck: format',
  )
})

it('TR is refused from the second of its expiry on', () => {
  vi.useFakeTimers({ now: 1_700_000_000_000 })
  const at = (exp: number) => judge('autonomous', unsignedToken(autonomousClaims({ exp })))
  expect(at(1_700_000_001)).toMatch(/^accepted/)
  expect(at(1_700_000_000)).toContain('expired')
})
