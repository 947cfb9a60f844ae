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
  record.tokenFailed('autonomous', weatherApi, failure)
  expect(record.current.sidecar).toMatchObject({ state: 'unavailable', problem: failure })
})

it.each(['INTERNAL_ERROR', 'ENTRA_UNAVAILABLE', 'BLUEPRINT_CREDENTIAL_REJECTED'] as const)(
  '%s is about the flow, and the sidecar works',
  code => {
    const record = new IdentityHealthRecord()
    record.tokenFailed('autonomous', weatherApi, problem(code, 'It failed.'))
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
    record.tokenFailed('autonomous', weatherApi, problem('SIDECAR_FAILED', 'It failed.', { upstream }))
  }
  expect(record.current.sidecarNeedsRestart?.options).toMatchObject({
    upstream,
    hint: expect.stringContaining('restart the sidecar'),
  })
})
