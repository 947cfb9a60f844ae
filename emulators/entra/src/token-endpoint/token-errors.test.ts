import { describe, expect, it } from 'vitest'
import { requestCustomToken, requestT1, requestTr, t1Of } from '../testing/requests.ts'
import {
  agentId,
  blueprintAppId,
  requestToken,
  setupAppId,
  spaAppId,
  startEntraForFile,
  tenantId,
  weatherAppId,
} from '../testing/start-entra.ts'

const entra = await startEntraForFile()

const unknownId = '99999999-9999-4999-8999-999999999999'

describe('a refusal', () => {
  it('is Entra’s JSON, with the caller’s correlation id', async () => {
    const correlationId = '12345678-1234-4234-8234-123456789012'
    const response = await fetch(`${entra.url}/${tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      headers: { 'client-request-id': correlationId, 'return-client-request-id': 'true' },
      body: new URLSearchParams({
        client_id: blueprintAppId,
        client_secret: 'wrong',
        grant_type: 'client_credentials',
        scope: `api://${weatherAppId}/.default`,
      }),
    })
    expect(response.status).toBe(401)
    expect(response.headers.get('client-request-id')).toBe(correlationId)
    expect(response.headers.get('cache-control')).toContain('no-store')
    const body = await response.json()
    expect(body).toEqual({
      error: 'invalid_client',
      error_description: expect.stringMatching(
        /^AADSTS7000215: .+\r\nTrace ID: [0-9a-f-]{36}\r\nCorrelation ID: 12345678-1234-4234-8234-123456789012\r\nTimestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/,
      ),
      error_codes: [7000215],
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
      trace_id: response.headers.get('x-ms-request-id'),
      correlation_id: correlationId,
      error_uri: `${entra.url}/error?code=7000215`,
    })
  })
})

interface RefusalCase {
  readonly cause: string
  readonly code: number
  readonly error: string
  readonly status?: number
  readonly ask: () => Promise<{ status: number; body: Record<string, unknown> }>
}

// biome-ignore format: table
const cases: RefusalCase[] = [
  { cause: 'a wrong secret', code: 7000215, error: 'invalid_client', status: 401, ask: () => requestT1(entra, { client_secret: 'wrong' }) },
  {
    cause: 'an expired secret',
    code: 7000222,
    error: 'invalid_client',
    status: 401,
    ask: () => {
      entra.entra.settings.change({ clockOffsetSeconds: 3_600 })
      const blueprint = entra.entra.directory.application(blueprintAppId)
      blueprint?.passwordCredentials.push({
        keyId: unknownId,
        displayName: null,
        startDateTime: new Date().toISOString(),
        endDateTime: new Date(Date.now() + 1_800_000).toISOString(),
        secretText: 'half-an-hour',
      })
      return requestT1(entra, { client_secret: 'half-an-hour' })
    },
  },
  { cause: 'no credential', code: 7000218, error: 'invalid_client', status: 401, ask: () => requestT1(entra, { client_secret: '' }) },
  { cause: 'an unknown application', code: 700016, error: 'unauthorized_client', ask: () => requestT1(entra, { client_id: unknownId }) },
  {
    cause: 'a blueprint without a principal in the tenant',
    code: 700016,
    error: 'unauthorized_client',
    ask: () => {
      const { content } = entra.entra.directory
      content.servicePrincipals = content.servicePrincipals.filter(({ appId }) => appId !== blueprintAppId)
      return requestT1(entra)
    },
  },
  {
    cause: 'a disabled agent',
    code: 7000112,
    error: 'unauthorized_client',
    ask: async () => {
      const assertion = await t1Of(entra)
      const agent = entra.entra.directory.principal(agentId)
      if (agent) agent.accountEnabled = false
      return requestTr(entra, { client_assertion: assertion })
    },
  },
  { cause: 'an unregistered resource', code: 500011, error: 'invalid_resource', ask: () => requestTr(entra, { scope: `api://${unknownId}/.default` }) },
  {
    cause: 'a resource without a principal in the tenant',
    code: 500011,
    error: 'invalid_resource',
    ask: () => {
      const { content } = entra.entra.directory
      content.servicePrincipals = content.servicePrincipals.filter(({ appId }) => appId !== weatherAppId)
      return requestTr(entra)
    },
  },
  {
    cause: 'a resource whose identifier URI is gone',
    code: 500011,
    error: 'invalid_resource',
    ask: () => {
      entra.entra.directory.application(weatherAppId)?.identifierUris.splice(0)
      return requestTr(entra)
    },
  },
  { cause: 'a single scope in an app-only request', code: 70011, error: 'invalid_scope', ask: () => requestTr(entra, { scope: `api://${weatherAppId}/Weather.Read.All` }) },
  { cause: 'two scopes in an app-only request', code: 70011, error: 'invalid_scope', ask: () => requestTr(entra, { scope: `api://${weatherAppId}/.default openid` }) },
  {
    cause: 'an API that accepts mapped claims, requested by a URI outside the verified domains, if Entra restricts such URIs',
    code: 501461,
    error: 'invalid_request',
    ask: () => {
      entra.entra.settings.change({ limitsMappedClaims: true })
      return requestTr(entra)
    },
  },
  {
    cause: 'a resource that requires an assignment which the agent lacks',
    code: 501051,
    error: 'invalid_grant',
    ask: () => {
      const { directory } = entra.entra
      const weather = directory.principal(weatherAppId)
      if (weather) weather.appRoleAssignmentRequired = true
      directory.content.appRoleAssignments = []
      return requestTr(entra)
    },
  },
  { cause: 'an agent with its blueprint’s secret', code: 7000215, error: 'invalid_client', ask: () => requestTr(entra, { client_assertion: '', client_secret: 'blueprint-secret' }) },
  { cause: 'an agent without a credential', code: 7000218, error: 'invalid_client', ask: () => requestTr(entra, { client_assertion: '' }) },
  { cause: 'an agent in its blueprint’s place', code: 82001, error: 'invalid_request', ask: () => requestT1(entra, { client_id: agentId }) },
  { cause: 'the blueprint as itself at a custom API', code: 82001, error: 'invalid_request', ask: () => requestT1(entra, { scope: `api://${weatherAppId}/.default`, fmi_path: '' }) },
  { cause: 'no agent in a request for T1', code: 82008, error: 'invalid_request', ask: () => requestT1(entra, { fmi_path: '' }) },
  { cause: 'an agent in a request for another resource than the exchange', code: 70066, error: 'invalid_request', ask: () => requestT1(entra, { scope: `api://${weatherAppId}/.default` }) },
  { cause: 'token exchange by RFC 8693', code: 82001, error: 'invalid_request', ask: () => requestTr(entra, { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange' }) },
  { cause: 'a password grant of the blueprint', code: 82001, error: 'invalid_request', ask: () => requestT1(entra, { grant_type: 'password' }) },
  { cause: 'an unknown grant type', code: 70003, error: 'unsupported_grant_type', ask: () => requestT1(entra, { client_id: setupAppId, grant_type: 'magic' }) },
  { cause: 'no grant type', code: 900144, error: 'invalid_request', ask: () => requestToken(entra, { client_id: agentId }) },
  { cause: 'no scope', code: 900144, error: 'invalid_request', ask: () => requestTr(entra, { scope: '' }) },
  {
    cause: 'a page that requests a token as itself',
    code: 7000218,
    error: 'invalid_client',
    ask: () =>
      requestToken(entra, {
        client_id: spaAppId,
        grant_type: 'client_credentials',
        scope: `api://${blueprintAppId}/.default`,
      }),
  },
  { cause: 'an unknown kind of assertion', code: 50027, error: 'invalid_request', ask: () => requestTr(entra, { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2' }) },
]

describe('the token endpoint refuses', () => {
  it.each(cases)('$cause with AADSTS$code', async ({ ask, code, error, status }) => {
    const response = await ask()
    expect(response.body).toMatchObject({ error, error_codes: [code] })
    expect(response.status).toBe(status ?? (error === 'invalid_client' ? 401 : 400))
  })

  it.each([
    ['11111111-2222-4333-8444-000000000000', 90002],
    ['fabrikam.example', 90002],
    ['no_tenant', 900023],
  ])('the tenant %s with AADSTS%i', async (tenant, code) => {
    const response = await fetch(`${entra.url}/${tenant}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'invalid_request', error_codes: [code] })
  })

  it('an agent id in the query string with AADSTS82008', async () => {
    const response = await fetch(`${entra.url}/${tenantId}/oauth2/v2.0/token?fmi_path=${agentId}`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    expect(await response.json()).toMatchObject({ error_codes: [82008] })
  })

  it('the blueprint’s own request for an API’s token (a sidecar without AllowOverrides sends it); the error names the blueprint', async () => {
    const { body } = await requestT1(entra, { scope: `api://${weatherAppId}/.default`, fmi_path: '' })
    expect(body.error_description).toContain(`'${blueprintAppId}'`)
  })

  it('a repeated field with AADSTS9000411', async () => {
    const body = new URLSearchParams([
      ['grant_type', 'client_credentials'],
      ['client_id', agentId],
      ['client_id', blueprintAppId],
    ])
    const response = await fetch(`${entra.url}/${tenantId}/oauth2/v2.0/token`, { method: 'POST', body })
    expect(await response.json()).toMatchObject({ error_codes: [9000411] })
  })

  it('a JSON body, as if all fields were missing', async () => {
    const response = await fetch(`${entra.url}/${tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credentials' }),
    })
    expect(await response.json()).toMatchObject({ error_codes: [900144] })
  })
})

describe('T1 as the agent’s assertion', () => {
  const foreignAgent = 'bbbbbbbb-0000-4000-8000-00000000dead'
  // biome-ignore format: table
  const refused: [what: string, make: () => Promise<string>, code: number][] = [
    ['for another agent', async () => (await requestT1(entra, { fmi_path: foreignAgent })).body.access_token, 7002137],
    ['for another API', () => requestCustomToken(entra, { client: blueprintAppId, resource: 'https://graph.microsoft.com' }), 700212],
    ['issued by the v2.0 issuer', () => requestCustomToken(entra, { client: blueprintAppId, resource: weatherAppId }), 700211],
    [
      'that expired',
      async () => {
        const jwt = await t1Of(entra)
        entra.entra.settings.change({ clockOffsetSeconds: 3_600 })
        return jwt
      },
      700024,
    ],
    ['with a spoilt signature', async () => `${(await t1Of(entra)).slice(0, -8)}AAAAAAAA`, 700027],
    [
      'whose key is no longer published',
      async () => {
        const jwt = await t1Of(entra)
        await entra.entra.keys.rotate(0)
        return jwt
      },
      700027,
    ],
  ]
  it.each(refused)('that is unsuitable (%s) is refused', async (_what, make, code) => {
    const { status, body } = await requestTr(entra, { client_assertion: await make() })
    expect(status).toBe(401)
    expect(body).toMatchObject({ error: 'invalid_client', error_codes: [code] })
  })

  it('is accepted after a key rotation as long as the old key is published', async () => {
    const jwt = await t1Of(entra)
    await entra.entra.keys.rotate(600)
    expect((await requestTr(entra, { client_assertion: jwt })).status).toBe(200)
  })

  it('needs client_assertion_type', async () => {
    const { body } = await requestTr(entra, { client_assertion_type: '' })
    expect(body.error_codes).toEqual([900144])
  })
})
