import type { Flow } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { askWeather, resetStack, startSettledStack, tenantOf, tokenRequests } from './trial.ts'

const { ada } = identities
const stack = await forFile(startSettledStack())

/** Asks the agent, and expects the problem that reports this refusal of Entra. */
async function expectRefusal(flow: Flow, aadsts: number, code: string, token?: string): Promise<void> {
  const { body, status } = await askWeather(stack, flow, token)
  expect(body).toMatchObject({ code, status, upstream: { service: 'entra', code: `AADSTS${aadsts}` } })
  expect(body.hint).not.toBe('')
  expect(tokenRequests(stack).map(request => request.aadsts)).toContain(aadsts)
}

describe('When Entra refuses or fails for reasons of its own, a user gets', () => {
  // biome-ignore format: table
  it.each([
    ['CONDITIONAL_ACCESS_REQUIRED', 'with a claims challenge', 50076, { target: { leg: 'obo' }, fault: { kind: 'conditional-access' } }],
    ['ENTRA_UNAVAILABLE', 'since it throttles, and says until when', 90055, { target: { leg: 'obo' }, fault: { kind: 'refuse', code: 90055, retryAfterSeconds: 30 } }],
  ] as const)('the problem %s if Entra refuses %s (AADSTS%i)', async (code, _what, aadsts, order) => {
    await resetStack(stack)
    const token = await stack.signIn(ada.oid)
    tenantOf(stack).faults.inject(order)
    await expectRefusal('obo', aadsts, code, token)
  })

  it('ENTRA_UNAVAILABLE if Entra responds with something that is no JSON', async () => {
    await resetStack(stack)
    tenantOf(stack).faults.inject({ target: { leg: 'tr' }, fault: { kind: 'html', status: 404 } })
    expect((await askWeather(stack, 'autonomous')).body.code).toBe('ENTRA_UNAVAILABLE')
  })

  it('ENTRA_UNAVAILABLE while Entra responds 503, and an answer once Entra is back', async () => {
    await resetStack(stack)
    tenantOf(stack).faults.inject({ fault: { kind: 'refuse', code: 90033, retryAfterSeconds: 0 } })
    expect((await askWeather(stack, 'autonomous')).body.code).toBe('ENTRA_UNAVAILABLE')
    tenantOf(stack).faults.clear()
    expect((await askWeather(stack, 'autonomous')).status).toBe(200)
  })

  it('an answer, after a retry, if Entra responds 503 once', async () => {
    await resetStack(stack)
    tenantOf(stack).faults.inject({
      target: { leg: 't1' },
      fault: { kind: 'refuse', code: 90033, retryAfterSeconds: 0 },
      times: 1,
    })
    expect((await askWeather(stack, 'autonomous')).status).toBe(200)
  })

  it('an answer, after a retry, if Entra breaks the connection once', async () => {
    await resetStack(stack)
    tenantOf(stack).faults.inject({ target: { leg: 'tr' }, fault: { kind: 'reset' }, times: 1 })
    expect((await askWeather(stack, 'autonomous')).status).toBe(200)
  })

  it('SIDECAR_FAILED if Entra breaks every connection', async () => {
    await resetStack(stack)
    tenantOf(stack).faults.inject({ target: { leg: 'tr' }, fault: { kind: 'reset' } })
    expect((await askWeather(stack, 'autonomous')).body).toMatchObject({
      code: 'SIDECAR_FAILED',
      upstream: { service: 'sidecar', status: 500 },
    })
  })
})

describe('A refusal', () => {
  it('shows a user nothing of Entra’s own text', async () => {
    await resetStack(stack)
    const token = await stack.signIn(ada.oid)
    tenantOf(stack).directory.content.permissionGrants = []
    const { text } = await askWeather(stack, 'obo', token)
    expect(text).toContain('AADSTS65001')
    expect(text).not.toMatch(/Trace ID|Timestamp|has not consented to use the application/)
    expect(stack.agentLog.join('')).not.toMatch(/has not consented to use the application/)
  })
})

describe('When Entra withdraws a key, a user gets', () => {
  const validateAtSidecar = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${stack.sidecarUrl}/Validate`, { headers })).status).toBe(200)
  }

  it('USER_TOKEN_INVALID if the key had signed the user’s token', async () => {
    await resetStack(stack)
    const token = await stack.signIn(ada.oid)
    expect((await askWeather(stack, 'obo', token)).status).toBe(200)
    await stack.restart('sidecar')
    await validateAtSidecar(token)
    await tenantOf(stack).keys.rotate(0)
    await expectRefusal('obo', 50013, 'USER_TOKEN_INVALID', token)
  })

  it('FEDERATION_MISMATCH if the key had signed the T1 that the sidecar has cached', async () => {
    await resetStack(stack)
    await stack.restart('agent')
    expect((await askWeather(stack, 'obo')).status).toBe(200)
    const token = await stack.signIn(identities.ben.oid)
    await tenantOf(stack).keys.rotate(0)
    await expectRefusal('obo', 700027, 'FEDERATION_MISMATCH', token)
  })
})
