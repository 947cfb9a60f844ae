import { describe, expect, it } from 'vitest'
import { IdentityHealthRecord } from './identity-health.ts'
import { identityProblem } from './problems.ts'
import { agent, ordersApi, secondAgent } from './testing/fixtures.ts'

const requestedToken = { agent, flow: 'autonomous', api: ordersApi } as const

/** The health of the sidecar and of an agent's flows in a record. */
function healthSeenBy({ current }: IdentityHealthRecord, who = agent) {
  return { sidecar: current.sidecar, flows: current.flowsOf(who) }
}

it.each([
  'SIDECAR_UNREACHABLE',
  'SIDECAR_REFUSED_CALLER',
  'SIDECAR_MISCONFIGURED',
  'SIDECAR_FAILED',
  'AGENT_IDENTITY_NOT_HONOURED',
  'TOKEN_FLOW_MISMATCH',
] as const)('The problem %s makes the sidecar unavailable', code => {
  const record = new IdentityHealthRecord([agent])
  const failure = identityProblem(code, 'It failed.')
  record.tokenFailed(requestedToken, failure, performance.now())
  expect(record.current.sidecar).toMatchObject({ state: 'unavailable', problem: failure })
})

it.each([
  ['SIDECAR_UNREACHABLE', 'unavailable'],
  ['SIDECAR_REFUSED_CALLER', 'unavailable'],
  ['SIDECAR_FAILED', 'unavailable'],
  ['BLUEPRINT_CREDENTIAL_REJECTED', 'unavailable'],
  ['FEDERATION_MISMATCH', 'unavailable'],
  ['ENTRA_UNAVAILABLE', 'unavailable'],
  ['SIDECAR_MISCONFIGURED', 'unknown'],
  ['AGENT_NOT_PERMITTED', 'unknown'],
] as const)('Problem %s makes the other flow %s; after a token that flow is unknown', (code, state) => {
  const record = new IdentityHealthRecord([agent])
  record.tokenFailed(requestedToken, identityProblem(code, 'It failed.'), performance.now())
  expect(record.current.flowsOf(agent).obo.state).toBe(state)
  record.tokenObtained(requestedToken)
  expect(record.current.flowsOf(agent)).toMatchObject({
    autonomous: { state: 'ready' },
    obo: { state: 'unknown' },
  })
})

it.each(['INTERNAL_ERROR', 'ENTRA_UNAVAILABLE', 'BLUEPRINT_CREDENTIAL_REJECTED'] as const)(
  'The problem %s makes the flow unavailable, and shows that the sidecar is ready',
  code => {
    const record = new IdentityHealthRecord([agent])
    record.tokenFailed(requestedToken, identityProblem(code, 'It failed.'), performance.now())
    expect(healthSeenBy(record)).toMatchObject({
      sidecar: { state: 'ready' },
      flows: { autonomous: { state: 'unavailable' } },
    })
  },
)

it('A sidecar that fails every token request is reported with its HTTP status and the hint to restart it', () => {
  const record = new IdentityHealthRecord([agent])
  const upstream = { service: 'sidecar', status: 500 }
  for (let time = 0; time < 2; time++) {
    record.tokenFailed(
      requestedToken,
      identityProblem('SIDECAR_FAILED', 'It failed.', { upstream }),
      performance.now(),
    )
  }
  expect(record.current.sidecarNeedsRestart?.options).toMatchObject({
    upstream,
    hint: expect.stringContaining('restart the sidecar'),
  })
  expect(record.current.sidecarNeedsRestart?.message).toBe('The sidecar runs, but every token request fails.')
})

it('No restart of the sidecar is advised if another problem comes between two SIDECAR_FAILED', () => {
  const record = new IdentityHealthRecord([agent])
  for (const code of ['SIDECAR_FAILED', 'ENTRA_UNAVAILABLE', 'SIDECAR_FAILED'] as const)
    record.tokenFailed(requestedToken, identityProblem(code, 'It failed.'), performance.now())
  expect(record.current.sidecarNeedsRestart).toBeUndefined()
})

it.each(['SIDECAR_MISCONFIGURED', 'AGENT_NOT_PERMITTED', 'ENTRA_REFUSED', 'TOKEN_FLOW_MISMATCH'] as const)(
  'The problem %s in a token request for an optional API does not change the health of sidecar and flows',
  code => {
    const record = new IdentityHealthRecord([agent])
    const notes = { ...ordersApi, name: 'notes', isOptional: true }
    record.tokenObtained(requestedToken)
    record.tokenFailed(
      { ...requestedToken, api: notes },
      identityProblem(code, 'It failed.'),
      performance.now(),
    )
    expect(healthSeenBy(record)).toMatchObject({
      sidecar: { state: 'ready' },
      flows: { autonomous: { state: 'ready' }, obo: { state: 'unknown' } },
    })
  },
)

it('A sidecar that cannot be reached becomes unavailable with all flows, even if the token was for an optional API', () => {
  const record = new IdentityHealthRecord([agent])
  const notes = { ...ordersApi, name: 'notes', isOptional: true }
  record.tokenFailed(
    { ...requestedToken, api: notes },
    identityProblem('SIDECAR_UNREACHABLE', 'It failed.'),
    performance.now(),
  )
  expect(healthSeenBy(record)).toMatchObject({
    sidecar: { state: 'unavailable' },
    flows: { autonomous: { state: 'unavailable' }, obo: { state: 'unavailable' } },
  })
})

describe('With two agents', () => {
  it('the refusal of one agent does not change the health of the other', () => {
    const record = new IdentityHealthRecord([agent, secondAgent])
    record.tokenObtained(requestedToken)
    const failure = identityProblem('AGENT_NOT_PERMITTED', 'It failed.')
    record.tokenFailed({ ...requestedToken, agent: secondAgent }, failure, performance.now())
    expect(healthSeenBy(record).flows.autonomous.state).toBe('ready')
    expect(healthSeenBy(record, secondAgent).flows.autonomous).toMatchObject({
      state: 'unavailable',
      problem: failure,
    })
  })

  it('an outage of Entra that one of them meets makes both unavailable, until one of them gets a token', () => {
    const record = new IdentityHealthRecord([agent, secondAgent])
    record.tokenFailed(requestedToken, identityProblem('ENTRA_UNAVAILABLE', 'It failed.'), performance.now())
    expect(healthSeenBy(record, secondAgent).flows.obo.state).toBe('unavailable')
    record.tokenObtained(requestedToken)
    expect(healthSeenBy(record, secondAgent).flows.obo.state).toBe('unknown')
  })
})
