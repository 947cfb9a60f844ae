import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identities } from '../../support/identities.ts'
import type { Stack } from '../../support/stack.ts'
import { askWeather, type Flow, startAfresh, startSettled, tenantOf, tokenRequests } from './trial.ts'

const { agentId, ada } = identities
const elsewhere = '12345678-0000-4000-8000-000000000000'

let stack: Stack
beforeAll(async () => {
  stack = await startSettled()
})
afterAll(() => stack.close())

interface Misconfiguration {
  readonly sidecar: Readonly<Record<string, string | undefined>>
  readonly flow: Flow
  readonly code: string
  readonly hint: string
  /** What the sidecar answered; absent where it answered 200. */
  readonly status?: number
  readonly upstream?: object
}

const misconfigurations: readonly (readonly [string, Misconfiguration])[] = [
  [
    'does not let the agent identity through',
    {
      sidecar: { Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated: undefined },
      flow: 'autonomous',
      code: 'AGENT_IDENTITY_NOT_HONOURED',
      hint: 'Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated=true',
      upstream: {
        service: 'entra',
        code: 'AADSTS82001',
        requestId: expect.any(String),
        correlationId: expect.any(String),
      },
    },
  ],
  [
    'returns the agent’s own token where it was to act for a user',
    {
      sidecar: { DownstreamApis__weather__RequestAppToken: 'true' },
      flow: 'obo',
      code: 'TOKEN_FLOW_MISMATCH',
      hint: 'DownstreamApis__weather__RequestAppToken=false',
    },
  ],
  [
    'returns a token for another API',
    {
      sidecar: { DownstreamApis__weatherApp__Scopes__0: 'https://graph.microsoft.com/.default' },
      flow: 'autonomous',
      code: 'SIDECAR_MISCONFIGURED',
      hint: 'AzureAd__TenantId',
    },
  ],
  [
    'is not set up for app tokens',
    {
      sidecar: { DownstreamApis__weatherApp__RequestAppToken: 'false' },
      flow: 'autonomous',
      code: 'SIDECAR_MISCONFIGURED',
      status: 401,
      hint: 'DownstreamApis__weatherApp__RequestAppToken=true',
    },
  ],
  [
    'has no scopes for the API',
    {
      sidecar: { DownstreamApis__weatherApp__Scopes__0: undefined },
      flow: 'autonomous',
      code: 'SIDECAR_MISCONFIGURED',
      status: 400,
      hint: 'DownstreamApis__weatherApp__Scopes__0',
    },
  ],
  [
    'has the API under another name for people',
    {
      sidecar: { DownstreamApis__weather__Scopes__0: undefined },
      flow: 'obo',
      code: 'SIDECAR_MISCONFIGURED',
      status: 400,
      hint: 'DownstreamApis__weather__Scopes__0',
    },
  ],
  [
    'wants a scope that an app token cannot have',
    {
      sidecar: { DownstreamApis__weatherApp__Scopes__0: `api://${identities.weatherAppId}/Weather.Read` },
      flow: 'autonomous',
      code: 'SIDECAR_FAILED',
      status: 500,
      hint: 'log',
    },
  ],
  [
    'has no tenant',
    {
      sidecar: { AzureAd__TenantId: undefined },
      flow: 'autonomous',
      code: 'SIDECAR_MISCONFIGURED',
      status: 500,
      hint: 'AzureAd__TenantId',
    },
  ],
  [
    'has no credential',
    {
      sidecar: {
        AzureAd__ClientCredentials__0__SourceType: undefined,
        AzureAd__ClientCredentials__0__ClientSecret: undefined,
      },
      flow: 'autonomous',
      code: 'SIDECAR_FAILED',
      status: 500,
      hint: 'credential',
    },
  ],
  [
    'is called by a name that it does not allow',
    {
      sidecar: { AllowedHosts: 'sidecar.internal' },
      flow: 'autonomous',
      code: 'SIDECAR_MISCONFIGURED',
      status: 400,
      hint: 'localhost',
    },
  ],
  [
    'takes people’s tokens for another blueprint only',
    {
      sidecar: { AzureAd__Audience: elsewhere },
      flow: 'obo',
      code: 'SIDECAR_MISCONFIGURED',
      status: 401,
      hint: 'AzureAd__ClientId',
    },
  ],
]

describe('What a user gets when the sidecar', () => {
  it.each(misconfigurations)('%s', async (_what, { sidecar, flow, code, hint, status, upstream }) => {
    await startAfresh(stack, sidecar)
    const { body } = await askWeather(stack, flow)
    expect(body.code).toBe(code)
    expect(body.hint).toContain(hint)
    expect(body.status).toBeGreaterThanOrEqual(500)
    expect(body.upstream).toEqual(
      upstream ?? { service: 'sidecar', ...(status === undefined ? {} : { status }) },
    )
  })

  it('does not let the agent identity through for users, for whom the blueprint has no grant either', async () => {
    await startAfresh(stack, { Sidecar__AllowOverrides__GetAuthorizationHeader: 'false' })
    const { body } = await askWeather(stack, 'obo')
    expect(body).toMatchObject({
      code: 'AGENT_IDENTITY_NOT_HONOURED',
      upstream: { service: 'entra', code: 'AADSTS65001' },
    })
    expect(body.hint).toContain('Sidecar__AllowOverrides__GetAuthorizationHeader=true')
  })

  it('does not let the agent identity through for users, for whom the blueprint has a grant', async () => {
    await startAfresh(stack, { Sidecar__AllowOverrides__GetAuthorizationHeader: 'false' })
    const { directory } = tenantOf(stack)
    const idOf = (appId: string) => directory.principal(appId)?.id ?? ''
    directory.grant({
      clientId: idOf(identities.blueprintAppId),
      consentType: 'AllPrincipals',
      principalId: null,
      resourceId: idOf(identities.weatherAppId),
      scope: 'Weather.Read',
    })
    const { body } = await askWeather(stack, 'obo')
    expect(body.code).toBe('AGENT_IDENTITY_NOT_HONOURED')
    expect(body.hint).toContain('Sidecar__AllowOverrides__GetAuthorizationHeader=true')
  })

  it('cannot fetch Entra’s keys: that Entra is unavailable, not that they should sign in again', async () => {
    await startAfresh(stack)
    const token = await stack.signIn(ada.oid)
    expect((await askWeather(stack, 'obo', token)).status).toBe(200)
    await stack.restart('sidecar')
    tenantOf(stack).faults.order({ target: { leg: 'keys' }, fault: { kind: 'refuse', code: 90033 } })
    const { body } = await askWeather(stack, 'obo', token)
    expect(body).toMatchObject({ code: 'ENTRA_UNAVAILABLE', upstream: { service: 'sidecar', status: 401 } })
    tenantOf(stack).faults.clear()
    expect((await askWeather(stack, 'obo', token)).status).toBe(200)
  })

  it('is down: that, in either flow; back up, it works without a restart of the agent', async () => {
    await startAfresh(stack)
    const token = await stack.signIn(ada.oid)
    await stack.stop('sidecar')
    for (const flow of ['autonomous', 'obo'] as const) {
      const { body, status } = await askWeather(stack, flow, token)
      expect(status).toBe(503)
      expect(body).toMatchObject({ code: 'SIDECAR_UNREACHABLE', upstream: { service: 'sidecar' } })
    }
    await stack.start('sidecar')
    expect((await askWeather(stack, 'autonomous')).status).toBe(200)
    expect((await askWeather(stack, 'obo', token)).status).toBe(200)
  })

  it('accepts connections and is silent: that it is unreachable, before the deadline blames Entra', async () => {
    await startAfresh(stack)
    await stack.stop('sidecar')
    const silent = createServer(() => undefined)
    await new Promise<void>(resolve => silent.listen(portOf(stack.sidecarUrl), 'localhost', resolve))
    expect((await askWeather(stack, 'autonomous')).body.code).toBe('SIDECAR_UNREACHABLE')
    silent.closeAllConnections()
    await new Promise(resolve => silent.close(resolve))
    await stack.start('sidecar')
  })

  it('sees the agent as a remote caller', async () => {
    const remote = createServer((_request, response) => response.writeHead(403).end())
    await new Promise<void>(resolve => remote.listen(0, 'localhost', resolve))
    const { port } = remote.address() as AddressInfo
    await stack.restart('agent', { SIDECAR_URL: `http://localhost:${port}` })
    const { body } = await askWeather(stack, 'autonomous')
    expect(body).toMatchObject({
      code: 'SIDECAR_REFUSED_CALLER',
      upstream: { service: 'sidecar', status: 403 },
    })
    await stack.restart('agent')
    remote.closeAllConnections()
    remote.close()
  })
})

describe('A refused turn', () => {
  it('makes no call of the weather API', async () => {
    await startAfresh(stack, { Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated: undefined })
    await stack.stop('weather')
    expect((await askWeather(stack, 'autonomous')).body.code).toBe('AGENT_IDENTITY_NOT_HONOURED')
    await stack.start('weather')
  })

  it('in the obo flow never ends as an autonomous one: Entra is not even asked for the agent’s own token', async () => {
    await startAfresh(stack)
    const token = await stack.signIn(ada.oid)
    const { content } = tenantOf(stack).directory
    content.permissionGrants = content.permissionGrants.filter(grant => grant.clientId !== agentId)
    expect((await askWeather(stack, 'obo', token)).body).toMatchObject({ code: 'CONSENT_REQUIRED' })
    expect(tokenRequests(stack).filter(request => request.leg === 'tr')).toEqual([])
  })
})

function portOf(url: string): number {
  return Number(new URL(url).port)
}
