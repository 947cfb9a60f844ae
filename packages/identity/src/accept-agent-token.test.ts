import { describe, expect, it, vi } from 'vitest'
import { acceptAgentToken } from './accept-agent-token.ts'
import {
  agent,
  autonomousClaims,
  ids,
  onBehalfOfClaims,
  ordersApi,
  secondAgent,
  unsignedToken,
} from './testing/fixtures.ts'

const { agentClientId, ordersApiAppId, blueprintAppId, ada, ben, agentUser } = ids
const expectedForItself = {
  agent,
  flow: 'autonomous',
  api: ordersApi,
  userId: undefined,
} as const
const expectedAsAgentUser = { ...expectedForItself, flow: 'agent-user' } as const
const expectedForAda = { ...expectedForItself, flow: 'obo', userId: ada } as const
const epochSeconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow

describe('TR in the autonomous flow', () => {
  it.each([
    ['a v2 token', {}],
    [
      'a v1 token with its URI as audience',
      { azp: undefined, appid: agentClientId, aud: `api://${ordersApiAppId}` },
    ],
    ['a token without the optional claim idtyp', { idtyp: undefined }],
    ['a token whose actor is in upper case', { azp: agentClientId.toUpperCase() }],
  ])('may be %s', (_what, changes) => {
    const { checks, claims } = acceptAgentToken(unsignedToken(autonomousClaims(changes)), expectedForItself)
    expect(checks).toEqual(
      ['actor', 'tenant', 'audience', 'lifetime', 'subject'].map(name => ({ name, ok: true })),
    )
    expect(claims['roles']).toEqual(['Orders.Read.All'])
  })

  it.each([
    ['AGENT_IDENTITY_NOT_HONOURED', 'the blueprint’s own token', { azp: blueprintAppId, oid: 'blueprint' }],
    ['AGENT_IDENTITY_NOT_HONOURED', 'a token without an actor', { azp: undefined }],
    ['AGENT_IDENTITY_NOT_HONOURED', 'a v1 token of the blueprint', { azp: undefined, appid: blueprintAppId }],
    ['SIDECAR_MISCONFIGURED', 'a token of another tenant', { tid: blueprintAppId }],
    ['SIDECAR_MISCONFIGURED', 'a token for another API', { aud: 'https://graph.microsoft.com' }],
    ['SIDECAR_MISCONFIGURED', 'a token for several APIs', { aud: [ordersApiAppId, 'other'] }],
    ['SIDECAR_MISCONFIGURED', 'an expired token', { exp: epochSeconds(-1) }],
    ['SIDECAR_MISCONFIGURED', 'a token that never expires', { exp: undefined }],
    ['TOKEN_FLOW_MISMATCH', 'a user’s token', { idtyp: 'user', scp: 'Orders.Read' }],
    ['TOKEN_FLOW_MISMATCH', 'a delegated token without idtyp', { idtyp: undefined, scp: 'Orders.Read' }],
    ['TOKEN_FLOW_MISMATCH', 'an app token that is delegated all the same', { scp: 'Orders.Read' }],
    ['TOKEN_FLOW_MISMATCH', 'a token of an unknown type', { idtyp: 'device' }],
    ['TOKEN_FLOW_MISMATCH', 'a token whose subject is an agent user', { xms_sub_fct: '11 13' }],
    ['SIDECAR_MISCONFIGURED', 'a token whose facets are no text', { xms_sub_fct: 13 }],
  ])('is refused with the code %s if it is %s', (code, _what, changes) => {
    const token = unsignedToken(autonomousClaims(changes))
    expect(() => acceptAgentToken(token, expectedForItself)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(/^[A-Z].+\.$/) }),
    )
  })

  it('is refused if its actor is not the agent, and the hint names the sidecar’s setting for the route', () => {
    const token = unsignedToken(autonomousClaims({ azp: blueprintAppId }))
    expect(() => acceptAgentToken(token, expectedForItself)).toThrow(
      expect.objectContaining({
        options: expect.objectContaining({
          hint: expect.stringContaining('AllowOverrides__GetAuthorizationHeaderUnauthenticated=true'),
        }),
      }),
    )
  })

  it('is refused if it is no JWT, because its claims cannot be read', () => {
    expect(() => acceptAgentToken('opaque', expectedForItself)).toThrow(
      expect.objectContaining({ code: 'SIDECAR_MISCONFIGURED' }),
    )
  })
})

describe('TR in the on-behalf-of flow', () => {
  it.each([
    ['a v2 token', {}],
    ['a token without idtyp', { idtyp: undefined }],
  ])('is accepted if it is %s of the user who asked', (_what, changes) => {
    const { checks } = acceptAgentToken(unsignedToken(onBehalfOfClaims(ada, changes)), expectedForAda)
    expect(checks.map(check => check.name)).toContain('subject')
  })

  it.each([
    ['TOKEN_FLOW_MISMATCH', 'another user’s token', onBehalfOfClaims(ben)],
    ['TOKEN_FLOW_MISMATCH', 'the agent’s own token', autonomousClaims()],
    ['TOKEN_FLOW_MISMATCH', 'an app token with the user’s oid', autonomousClaims({ oid: ada })],
    ['TOKEN_FLOW_MISMATCH', 'an app token with a scope', onBehalfOfClaims(ada, { idtyp: 'app' })],
    ['TOKEN_FLOW_MISMATCH', 'a token without a scope', onBehalfOfClaims(ada, { scp: undefined })],
    ['TOKEN_FLOW_MISMATCH', 'a token with an empty scope', onBehalfOfClaims(ada, { scp: '' })],
    ['TOKEN_FLOW_MISMATCH', 'a token without a user', onBehalfOfClaims(ada, { oid: undefined })],
    ['TOKEN_FLOW_MISMATCH', 'an agent user’s token', onBehalfOfClaims(ada, { xms_sub_fct: '13 2' })],
    [
      'AGENT_IDENTITY_NOT_HONOURED',
      'a token of the blueprint for the user',
      onBehalfOfClaims(ada, { azp: blueprintAppId }),
    ],
  ])('is refused with the code %s if it is %s', (code, _what, claims) => {
    expect(() => acceptAgentToken(unsignedToken(claims), expectedForAda)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(/^[A-Z].+\.$/) }),
    )
  })

  it('is always refused if the user who asked is unknown', () => {
    const token = unsignedToken(onBehalfOfClaims(ada, { oid: undefined }))
    expect(() => acceptAgentToken(token, { ...expectedForAda, userId: undefined })).toThrow(
      expect.objectContaining({ code: 'TOKEN_FLOW_MISMATCH' }),
    )
  })
})

describe('TR of the agent’s user account', () => {
  it.each([
    ['without facets', {}],
    ['with facets', { xms_sub_fct: '1 13', xms_act_fct: '11' }],
  ])('is accepted %s', (_what, changes) => {
    const token = unsignedToken(onBehalfOfClaims(agentUser, changes))
    expect(acceptAgentToken(token, expectedAsAgentUser).claims['oid']).toBe(agentUser)
  })

  it.each([
    ['TOKEN_FLOW_MISMATCH', 'a user’s token', onBehalfOfClaims(ada)],
    [
      'TOKEN_FLOW_MISMATCH',
      'a token that is not marked as an agent user’s',
      onBehalfOfClaims(agentUser, { xms_sub_fct: '2' }),
    ],
    ['TOKEN_FLOW_MISMATCH', 'the agent’s own token', autonomousClaims()],
    ['TOKEN_FLOW_MISMATCH', 'an app token with the account’s oid', autonomousClaims({ oid: agentUser })],
    ['TOKEN_FLOW_MISMATCH', 'an app token with a scope', onBehalfOfClaims(agentUser, { idtyp: 'app' })],
    [
      'AGENT_IDENTITY_NOT_HONOURED',
      'a token of the account under another agent',
      onBehalfOfClaims(agentUser, { azp: secondAgent.clientId }),
    ],
  ])('is refused with the code %s if it is %s', (code, _what, claims) => {
    expect(() => acceptAgentToken(unsignedToken(claims), expectedAsAgentUser)).toThrow(
      expect.objectContaining({ code }),
    )
  })
})

describe('A refusal of TR', () => {
  it.each([
    ['The sidecar returned a token of another tenant.', undefined, { tid: blueprintAppId }],
    [
      'The sidecar returned a token for another API.',
      'Give the agent the client id of the Orders API (not the page’s, say), and the sidecar’s entries for it the scope api://<that id>/.default.',
      { aud: blueprintAppId },
    ],
    [
      'The sidecar returned an expired token.',
      'Check that the clocks of the agent’s node and of the API’s node are right (NTP), then ask again.',
      { exp: 1 },
    ],
    [
      'The token’s actor is not the agent identity.',
      'Set Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated=true on the sidecar.',
      { azp: blueprintAppId },
    ],
    [
      'The token acts for a user although the agent asked for its own.',
      'Set DownstreamApis__ordersApp__RequestAppToken=true and DownstreamApis__orders__RequestAppToken=false on the sidecar.',
      { scp: 'Orders.Read' },
    ],
  ])('says “%s”, names the sidecar as the cause, and gives a known fix', (message, hint, changes) => {
    expect(() => acceptAgentToken(unsignedToken(autonomousClaims(changes)), expectedForItself)).toThrow(
      expect.objectContaining({
        message,
        options: expect.objectContaining({ upstream: { service: 'sidecar' }, hint }),
      }),
    )
  })

  it('says that a token cannot be read, and shows nothing of the token', () => {
    expect(() => acceptAgentToken('opaque', expectedForItself)).toThrow(
      'The sidecar returned a token that cannot be read, so it was not used.',
    )
  })

  it('is thrown if the token expires in the current second, but not if the token expires in the next second', () => {
    vi.useFakeTimers({ now: 1_700_000_000_000 })
    const at = (exp: number) => () =>
      acceptAgentToken(unsignedToken(autonomousClaims({ exp })), expectedForItself)
    expect(at(1_700_000_001)).not.toThrow()
    expect(at(1_700_000_000)).toThrow('expired')
    vi.useRealTimers()
  })
})
