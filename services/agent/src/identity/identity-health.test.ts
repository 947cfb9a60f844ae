import { expect, it } from 'vitest'
import { problem } from '../problems.ts'
import { IdentityHealthRecord } from './identity-health.ts'
import { weatherApi } from './testing/fixtures.ts'

it.each([
  'SIDECAR_UNREACHABLE',
  'SIDECAR_REFUSED_CALLER',
  'SIDECAR_MISCONFIGURED',
  'SIDECAR_FAILED',
  'AGENT_IDENTITY_NOT_HONOURED',
  'TOKEN_FLOW_MISMATCH',
] as const)('%s is about the sidecar itself', code => {
  const record = new IdentityHealthRecord()
  const failure = problem(code, 'It failed.')
  record.tokenFailed('autonomous', weatherApi, failure, performance.now())
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
] as const)('%s leaves the other flow %s, until any token comes', (code, state) => {
  const record = new IdentityHealthRecord()
  record.tokenFailed('autonomous', weatherApi, problem(code, 'It failed.'), performance.now())
  expect(record.current.flows.obo.state).toBe(state)
  record.tokenObtained('autonomous', weatherApi)
  expect(record.current.flows).toMatchObject({ autonomous: { state: 'ready' }, obo: { state: 'unknown' } })
})

it.each(['INTERNAL_ERROR', 'ENTRA_UNAVAILABLE', 'BLUEPRINT_CREDENTIAL_REJECTED'] as const)(
  '%s is about the flow, and the sidecar works',
  code => {
    const record = new IdentityHealthRecord()
    record.tokenFailed('autonomous', weatherApi, problem(code, 'It failed.'), performance.now())
    expect(record.current).toMatchObject({
      sidecar: { state: 'ready' },
      flows: { autonomous: { state: 'unavailable' } },
    })
  },
)

it('A credential that the sidecar could not load is told with what was seen of it', () => {
  const record = new IdentityHealthRecord()
  const upstream = { service: 'sidecar', status: 500 }
  for (let time = 0; time < 2; time++) {
    record.tokenFailed(
      'autonomous',
      weatherApi,
      problem('SIDECAR_FAILED', 'It failed.', { upstream }),
      performance.now(),
    )
  }
  expect(record.current.sidecarNeedsRestart?.options).toMatchObject({
    upstream,
    hint: expect.stringContaining('restart the sidecar'),
  })
  expect(record.current.sidecarNeedsRestart?.message).toBe('The sidecar runs, but every token request fails.')
})

it.each(['SIDECAR_MISCONFIGURED', 'AGENT_NOT_PERMITTED', 'ENTRA_REFUSED', 'TOKEN_FLOW_MISMATCH'] as const)(
  '%s of an optional API says nothing of sidecar and flows',
  code => {
    const record = new IdentityHealthRecord()
    const notes = { ...weatherApi, name: 'notes', isOptional: true }
    record.tokenObtained('autonomous', weatherApi)
    record.tokenFailed('autonomous', notes, problem(code, 'It failed.'), performance.now())
    expect(record.current).toMatchObject({
      sidecar: { state: 'ready' },
      flows: { autonomous: { state: 'ready' }, obo: { state: 'unknown' } },
    })
  },
)

it('A sidecar that does not respond is shown by an optional API as by any', () => {
  const record = new IdentityHealthRecord()
  const notes = { ...weatherApi, name: 'notes', isOptional: true }
  record.tokenFailed('autonomous', notes, problem('SIDECAR_UNREACHABLE', 'It failed.'), performance.now())
  expect(record.current).toMatchObject({
    sidecar: { state: 'unavailable' },
    flows: { autonomous: { state: 'unavailable' }, obo: { state: 'unavailable' } },
  })
})
