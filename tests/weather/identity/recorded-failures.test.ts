import { words } from '@entra-agents/entra-failures/words'
import { explainResponse } from '@entra-agents/identity'
import { agent } from '@entra-agents/identity/testing/fixtures'
import { describe, expect, it } from 'vitest'
import { weatherToolset } from '../../../services/agent/src/tools/weather/testing/toolset.ts'
import { type RecordedCall, readRecording } from '../../contract/sidecar/replay/recording.ts'

const { api } = weatherToolset()

type Flow = 'autonomous' | 'obo'

// The codes by which the agent reports the official sidecar’s own responses, written out here: tables that emulator and agent
// share could be wrong on both sides. The second code is for the on-behalf-of flow; a flow that was not recorded has none.
// biome-ignore format: table
const recordedCodes: readonly (readonly [scenario: string, autonomous: string, obo: string])[] = [
  ['entra-says-7000215-on-tr', 'BLUEPRINT_CREDENTIAL_REJECTED', 'BLUEPRINT_CREDENTIAL_REJECTED'],
  ['entra-says-7000222-on-t1', 'BLUEPRINT_CREDENTIAL_REJECTED', ''],
  ['entra-says-70021-on-t1', 'FEDERATION_MISMATCH', ''],
  ['entra-says-700213-on-tr', 'FEDERATION_MISMATCH', 'FEDERATION_MISMATCH'],
  ['entra-says-700024-on-t1', 'FEDERATION_MISMATCH', ''],
  ['entra-says-700027-on-tr', 'FEDERATION_MISMATCH', 'FEDERATION_MISMATCH'],
  ['entra-says-50013-on-tr', 'ENTRA_REFUSED', 'USER_TOKEN_INVALID'],
  ['entra-says-500133-on-tr', 'ENTRA_REFUSED', 'USER_TOKEN_EXPIRED'],
  ['entra-says-7000114-on-tr', 'ENTRA_REFUSED', 'USER_TOKEN_INVALID'],
  ['entra-says-65001-on-tr', 'CONSENT_REQUIRED', 'CONSENT_REQUIRED'],
  ['entra-says-50076-on-tr', 'CONDITIONAL_ACCESS_REQUIRED', 'CONDITIONAL_ACCESS_REQUIRED'],
  ['entra-says-53003-on-t1', 'CONDITIONAL_ACCESS_REQUIRED', ''],
  ['entra-says-700016-on-t1', 'SIDECAR_MISCONFIGURED', ''],
  ['entra-says-500011-on-tr', 'SIDECAR_MISCONFIGURED', 'SIDECAR_MISCONFIGURED'],
  ['entra-says-70011-on-tr', 'SIDECAR_MISCONFIGURED', 'SIDECAR_MISCONFIGURED'],
  ['entra-says-82001-on-t1', 'SIDECAR_MISCONFIGURED', ''],
  ['entra-says-90002-on-t1', 'SIDECAR_MISCONFIGURED', ''],
  ['entra-says-900144-on-tr', 'ENTRA_REFUSED', 'ENTRA_REFUSED'],
  ['entra-says-90033-on-t1', 'ENTRA_UNAVAILABLE', ''],
  ['entra-500', 'ENTRA_UNAVAILABLE', 'ENTRA_UNAVAILABLE'],
  ['entra-429', 'ENTRA_UNAVAILABLE', ''],
  ['keys-unreachable', '', 'ENTRA_UNAVAILABLE'],
  ['entra-resets', 'SIDECAR_FAILED', ''],
  ['no-credential', 'SIDECAR_FAILED', ''],
  ['store-without-certificate', 'SIDECAR_FAILED', ''],
  ['assertion-file-missing-then-there', 'SIDECAR_FAILED', ''],
  ['no-scopes', 'SIDECAR_MISCONFIGURED', ''],
  ['no-tenant', 'SIDECAR_MISCONFIGURED', ''],
]

/** The codes of all refused requests of a flow. */
function codesOf(calls: readonly RecordedCall[], flow: Flow, route: string): readonly string[] {
  return calls.flatMap(({ request, response }) => {
    if (!request?.path.startsWith(`${route}/`) || response?.status === undefined) return []
    const { status, headers, body: text = '' } = response
    const given = { status, headers, text }
    return status === 200 ? [] : [explainResponse(given, { agent, flow, api }).problem.code]
  })
}

describe('The codes for recorded responses of the official sidecar', () => {
  it.each(recordedCodes)('are in recording %s “%s”, and “%s” for obo', (scenario, autonomous, obo) => {
    const { calls, entra } = readRecording(scenario)
    const expected = (code: string) => (code === '' ? [] : [code])
    expect([...new Set(codesOf(calls, 'autonomous', '/AuthorizationHeaderUnauthenticated'))]).toEqual(
      expected(autonomous),
    )
    expect([...new Set(codesOf(calls, 'obo', '/AuthorizationHeader'))]).toEqual(expected(obo))
    for (const [, { body }] of typeof entra === 'string' ? [] : Object.entries(entra)) {
      const known = Object.entries(words).find(([code]) => scenario.includes(`-${code}-`))
      if (known) expect(body).toMatchObject({ error: known[1].error })
    }
  })
})
