import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FaultOrder } from '../../../emulators/entra/src/emulator/faults.ts'
import type { Entra } from '../../../emulators/entra/src/entra.ts'
import { identities } from '../../support/identities.ts'
import type { Stack } from '../../support/stack.ts'
import { askWeather, type Flow, startAfresh, startSettled, tenantOf, tokenRequests } from './trial.ts'

const { agentId, blueprintAppId, weatherAppId, ada } = identities
const weatherScope = `api://${weatherAppId}`
const elsewhere = '12345678-0000-4000-8000-000000000000'

let stack: Stack
beforeAll(async () => {
  stack = await startSettled()
})
afterAll(() => stack.close())

/** Makes Entra refuse and asks; what the user gets must come from that very refusal. */
async function expectRefusal(flow: Flow, aadsts: number, code: string, token?: string): Promise<void> {
  const { body, status } = await askWeather(stack, flow, token)
  expect(body).toMatchObject({ code, status, upstream: { service: 'entra', code: `AADSTS${aadsts}` } })
  expect(body.hint).not.toBe('')
  expect(tokenRequests(stack).map(request => request.aadsts)).toContain(aadsts)
}

interface Cause {
  readonly aadsts: number
  readonly code: string
  readonly flow: Flow
  readonly sidecar?: Readonly<Record<string, string | undefined>>
  readonly change?: (entra: Entra) => void
}

const blueprint = (entra: Entra) => found(entra.directory.application(blueprintAppId))
const weatherApi = (entra: Entra) => found(entra.directory.application(weatherAppId))
const principal = (entra: Entra, appId: string) => found(entra.directory.principal(appId))

function found<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Error('The seeded tenant lacks what this test is about.')
  return thing
}

function removePrincipal(entra: Entra, appId: string): void {
  const { content } = entra.directory
  content.servicePrincipals = content.servicePrincipals.filter(one => one.appId !== appId)
}

function requireAssignment(entra: Entra): void {
  principal(entra, weatherAppId).appRoleAssignmentRequired = true
  entra.directory.content.appRoleAssignments = []
}

// biome-ignore format: table
const causes: readonly (readonly [string, Cause])[] = [
  ['the blueprint’s secret is wrong', { aadsts: 7000215, code: 'BLUEPRINT_CREDENTIAL_REJECTED', flow: 'autonomous', sidecar: { AzureAd__ClientCredentials__0__ClientSecret: 'the id of the secret' } }],
  [
    'the blueprint’s secret is wrong, for a user',
    {
      aadsts: 7000215,
      code: 'BLUEPRINT_CREDENTIAL_REJECTED',
      flow: 'obo',
      sidecar: { AzureAd__ClientCredentials__0__ClientSecret: 'the id of the secret' },
    },
  ],
  [
    'the blueprint’s secret has expired',
    {
      aadsts: 7000222,
      code: 'BLUEPRINT_CREDENTIAL_REJECTED',
      flow: 'autonomous',
      change: entra => {
        const application = blueprint(entra)
        application.passwordCredentials = application.passwordCredentials.map(one => ({
          ...one,
          endDateTime: '2020-01-01T00:00:00Z',
        }))
      },
    },
  ],
  ['the blueprint has no principal in the tenant', { aadsts: 700016, code: 'SIDECAR_MISCONFIGURED', flow: 'autonomous', change: entra => removePrincipal(entra, blueprintAppId) }],
  ['the agent identity does not exist', { aadsts: 700016, code: 'AGENT_NOT_PERMITTED', flow: 'autonomous', change: entra => removePrincipal(entra, agentId) }],
  ['the agent identity does not exist, for a user', { aadsts: 700016, code: 'AGENT_NOT_PERMITTED', flow: 'obo', change: entra => removePrincipal(entra, agentId) }],
  ['the agent identity is disabled', { aadsts: 7000112, code: 'AGENT_NOT_PERMITTED', flow: 'autonomous', change: entra => { principal(entra, agentId).accountEnabled = false } }],
  ['the blueprint is disabled', { aadsts: 7000112, code: 'SIDECAR_MISCONFIGURED', flow: 'autonomous', change: entra => { principal(entra, blueprintAppId).accountEnabled = false } }],
  ['the sidecar names another tenant', { aadsts: 90002, code: 'SIDECAR_MISCONFIGURED', flow: 'autonomous', sidecar: { AzureAd__TenantId: elsewhere } }],
  ['the sidecar takes the agent identity for the blueprint', { aadsts: 82001, code: 'SIDECAR_MISCONFIGURED', flow: 'autonomous', sidecar: { AzureAd__ClientId: agentId } }],
  ['the weather API has lost its identifier URI', { aadsts: 500011, code: 'SIDECAR_MISCONFIGURED', flow: 'autonomous', change: entra => { weatherApi(entra).identifierUris = [] } }],
  ['the weather API has no principal in the tenant, for a user', { aadsts: 500011, code: 'SIDECAR_MISCONFIGURED', flow: 'obo', change: entra => removePrincipal(entra, weatherAppId) }],
  ['the sidecar mixes /.default with single scopes', { aadsts: 70011, code: 'SIDECAR_MISCONFIGURED', flow: 'obo', sidecar: { DownstreamApis__weather__Scopes__1: `${weatherScope}/Weather.Read` } }],
  [
    'the sidecar asks for two APIs at once',
    {
      aadsts: 28000,
      code: 'SIDECAR_MISCONFIGURED',
      flow: 'obo',
      sidecar: {
        DownstreamApis__weather__Scopes__0: `${weatherScope}/Weather.Read`,
        DownstreamApis__weather__Scopes__1: 'https://graph.microsoft.com/User.Read',
      },
    },
  ],
  ['the weather API demands an assignment that the agent lacks', { aadsts: 501051, code: 'AGENT_NOT_PERMITTED', flow: 'autonomous', change: requireAssignment }],
  ['the weather API demands an assignment that the user lacks', { aadsts: 50105, code: 'AGENT_NOT_PERMITTED', flow: 'obo', change: requireAssignment }],
  [
    'nobody consented to the agent acting for people',
    {
      aadsts: 65001,
      code: 'CONSENT_REQUIRED',
      flow: 'obo',
      change: entra => {
        const { content } = entra.directory
        content.permissionGrants = content.permissionGrants.filter(grant => grant.clientId !== agentId)
      },
    },
  ],
]

describe('What a user gets when Entra refuses because', () => {
  it.each(causes)('%s', async (_what, { aadsts, code, flow, sidecar, change }) => {
    await startAfresh(stack, sidecar)
    const token = flow === 'obo' ? await stack.signIn(ada.oid) : undefined
    change?.(tenantOf(stack))
    await expectRefusal(flow, aadsts, code, token)
  })

  it('the user’s account is gone', async () => {
    await startAfresh(stack)
    const token = await stack.signIn(ada.oid)
    const { content } = tenantOf(stack).directory
    content.users = content.users.filter(user => user.id !== ada.oid)
    await expectRefusal('obo', 50034, 'USER_TOKEN_INVALID', token)
  })

  it('the user’s token has expired by Entra’s clock', async () => {
    await startAfresh(stack)
    const entra = tenantOf(stack)
    entra.settings.change({ tokenLifetimeSeconds: 600 })
    const token = await stack.signIn(ada.oid)
    entra.settings.change({ clockOffsetSeconds: 1_000 })
    await expectRefusal('obo', 500133, 'USER_TOKEN_EXPIRED', token)
  })
})

describe('What a user gets when Entra answers, for reasons of its own,', () => {
  // biome-ignore format: table
  const orders: readonly (readonly [FaultOrder, Flow, number, string])[] = [
    [{ target: { leg: 'obo' }, fault: { kind: 'conditional-access' } }, 'obo', 50076, 'CONDITIONAL_ACCESS_REQUIRED'],
    [{ target: { leg: 'obo' }, fault: { kind: 'conditional-access', code: 50079 } }, 'obo', 50079, 'CONDITIONAL_ACCESS_REQUIRED'],
    [{ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 50158 } }, 'obo', 50158, 'CONDITIONAL_ACCESS_REQUIRED'],
    [{ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 53003 } }, 'obo', 53003, 'CONDITIONAL_ACCESS_REQUIRED'],
    [{ target: { leg: 'tr' }, fault: { kind: 'refuse', code: 53003 } }, 'autonomous', 53003, 'CONDITIONAL_ACCESS_REQUIRED'],
    [{ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 500131 } }, 'obo', 500131, 'USER_TOKEN_WRONG_AUDIENCE'],
    [{ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 650051 } }, 'obo', 650051, 'CONSENT_REQUIRED'],
    [{ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 82014 } }, 'obo', 82014, 'CONSENT_REQUIRED'],
    [{ target: { leg: 't1' }, fault: { kind: 'refuse', code: 7000218 } }, 'autonomous', 7000218, 'BLUEPRINT_CREDENTIAL_REJECTED'],
    [{ target: { leg: 't1' }, fault: { kind: 'refuse', code: 700023 } }, 'autonomous', 700023, 'FEDERATION_MISMATCH'],
    [{ target: { leg: 'tr' }, fault: { kind: 'refuse', code: 900144 } }, 'autonomous', 900144, 'ENTRA_REFUSED'],
    [{ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 900144 } }, 'obo', 900144, 'ENTRA_REFUSED'],
    [{ target: { leg: 't1' }, fault: { kind: 'refuse', code: 90055 } }, 'autonomous', 90055, 'ENTRA_UNAVAILABLE'],
    [{ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 90055, retryAfterSeconds: 30 } }, 'obo', 90055, 'ENTRA_UNAVAILABLE'],
  ]

  it.each(orders)('%j (%s, AADSTS%i): %s', async (order, flow, aadsts, code) => {
    await startAfresh(stack)
    const token = flow === 'obo' ? await stack.signIn(ada.oid) : undefined
    tenantOf(stack).faults.order(order)
    await expectRefusal(flow, aadsts, code, token)
  })

  it.each([
    ['that it saw a loop', { target: { leg: 'tr' }, fault: { kind: 'refuse', code: 50196 } }],
    ['something that is no JSON', { target: { leg: 'tr' }, fault: { kind: 'html', status: 404 } }],
  ] as const)('%s, without a code that reaches the agent: ENTRA_UNAVAILABLE', async (_what, order) => {
    await startAfresh(stack)
    tenantOf(stack).faults.order(order)
    expect((await askWeather(stack, 'autonomous')).body.code).toBe('ENTRA_UNAVAILABLE')
  })

  it('503 for long: ENTRA_UNAVAILABLE, and the answer once Entra is back', async () => {
    await startAfresh(stack)
    tenantOf(stack).faults.order({ fault: { kind: 'refuse', code: 90033, retryAfterSeconds: 0 } })
    expect((await askWeather(stack, 'autonomous')).body.code).toBe('ENTRA_UNAVAILABLE')
    tenantOf(stack).faults.clear()
    expect((await askWeather(stack, 'autonomous')).status).toBe(200)
  })

  it('503 once: nobody notices', async () => {
    await startAfresh(stack)
    tenantOf(stack).faults.order({
      target: { leg: 't1' },
      fault: { kind: 'refuse', code: 90033, retryAfterSeconds: 0 },
      times: 1,
    })
    expect((await askWeather(stack, 'autonomous')).status).toBe(200)
  })

  it('with a broken connection once: nobody notices', async () => {
    await startAfresh(stack)
    tenantOf(stack).faults.order({ target: { leg: 'tr' }, fault: { kind: 'reset' }, times: 1 })
    expect((await askWeather(stack, 'autonomous')).status).toBe(200)
  })

  it('with broken connections only: SIDECAR_FAILED', async () => {
    await startAfresh(stack)
    tenantOf(stack).faults.order({ target: { leg: 'tr' }, fault: { kind: 'reset' } })
    expect((await askWeather(stack, 'autonomous')).body).toMatchObject({
      code: 'SIDECAR_FAILED',
      upstream: { service: 'sidecar', status: 500 },
    })
  })
})

describe('A refusal', () => {
  it('shows a user nothing of Entra’s own text', async () => {
    await startAfresh(stack)
    const token = await stack.signIn(ada.oid)
    tenantOf(stack).directory.content.permissionGrants = []
    const { text } = await askWeather(stack, 'obo', token)
    expect(text).toContain('AADSTS65001')
    expect(text).not.toMatch(/Trace ID|Timestamp|has not consented to use the application/)
    expect(stack.agentLog.join('')).not.toMatch(/has not consented to use the application/)
  })
})

describe('When Entra withdraws a key, a user gets', () => {
  const knows = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${stack.sidecarUrl}/Validate`, { headers })).status).toBe(200)
  }

  it('USER_TOKEN_INVALID if it was the user’s token that it had signed', async () => {
    await startAfresh(stack)
    const token = await stack.signIn(ada.oid)
    expect((await askWeather(stack, 'obo', token)).status).toBe(200)
    await stack.restart('sidecar')
    await knows(token)
    await tenantOf(stack).keys.rotate(0)
    await expectRefusal('obo', 50013, 'USER_TOKEN_INVALID', token)
  })

  it('FEDERATION_MISMATCH if it was T1, which the sidecar still had', async () => {
    await startAfresh(stack)
    await stack.restart('agent')
    expect((await askWeather(stack, 'obo')).status).toBe(200)
    const token = await stack.signIn(identities.ben.oid)
    await tenantOf(stack).keys.rotate(0)
    await expectRefusal('obo', 700027, 'FEDERATION_MISMATCH', token)
  })
})
