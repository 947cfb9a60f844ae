import { tenant } from '@entra-agents/demo-tenant'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { autonomousClaims, onBehalfOfClaims } from './testing/agent-claims.ts'
import { type ProtectedApi, startProtectedApi } from './testing/protected-api.ts'
import type { Claims } from './testing/token-issuer.ts'

describe('an API that wants the authentication context c1', () => {
  let api: ProtectedApi
  beforeAll(async () => {
    api = await startProtectedApi({ authenticationContext: 'c1' })
  })
  afterAll(() => api.close())
  const forUser = (claims: Claims) =>
    api.ask(api.issuer.sign(onBehalfOfClaims({ authority: api.issuer.url, claims })))

  it('challenges a user’s token without the context, even if the token does not say (`xms_cc`) that its client understands challenges', async () => {
    const realm = tenant.tenantId
    const authorize = `${api.issuer.url}/${realm}/oauth2/v2.0/authorize`
    const { status, challenge, body } = await forUser({})
    expect(challenge).toBe(
      `Bearer realm="${realm}", authorization_uri="${authorize}", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19"`,
    )
    expect({ status, body }).toMatchObject({
      status: 401,
      body: {
        code: 'WEATHER_CONTEXT_MISSING',
        failedCheck: 'context',
        detail: 'The token does not prove the authentication context c1.',
      },
    })
  })

  it('reports “context” among the passed checks of a user’s token that has the context', async () => {
    const { status, body } = await forUser({ acrs: ['p1', 'c1'] })
    expect(status).toBe(200)
    expect(body.checks.slice(-3)).toEqual(
      ['caller', 'permission', 'context'].map(name => ({ name, ok: true })),
    )
  })

  // biome-ignore format: table
  it.each([
    [[], 'insufficient_claims'],
    [['c10'], 'insufficient_claims'],
    [['C1'], 'insufficient_claims'],
    ['c1', 'invalid_token'],
    ['c10 c1', 'invalid_token'],
    [{ 0: 'c1' }, 'invalid_token'],
    [[1], 'invalid_token'],
    [null, 'invalid_token'],
  ])('responds to the acrs claim %j with 401 and the error %s', async (acrs, error) => {
    expect(await forUser({ acrs })).toMatchObject({ status: 401, challenge: expect.stringContaining(error) })
  })

  it('says that the acrs claim is not a list if the claim is a text', async () => {
    expect(await forUser({ acrs: 'c1' })).toMatchObject({
      body: { failedCheck: 'context', detail: 'The acrs claim is not a list of texts.' },
    })
  })

  it('checks the scope before the context, since a sign-in would not add a scope', async () => {
    expect(await forUser({ scp: 'Other.Read' })).toMatchObject({
      status: 403,
      body: { code: 'WEATHER_FORBIDDEN' },
    })
  })

  it('never challenges an agent that calls as itself, since an agent cannot sign in', async () => {
    const { status, body } = await api.ask(api.issuer.sign(autonomousClaims({ authority: api.issuer.url })))
    expect(status).toBe(200)
    expect(body.checks.map(({ name }) => name)).not.toContain('context')
  })
})

describe('an API that demands more for some calls', () => {
  let api: ProtectedApi
  beforeAll(async () => {
    api = await startProtectedApi({
      permissions: { autonomous: 'Weather.Read.All', obo: ['Weather.Read', 'Alerts.ReadWrite'] },
      resource: 'https://weather.contoso.example/mcp',
      needsOf: ({ headers }) =>
        headers['x-tool'] === 'create_alert'
          ? [{ permissions: { obo: 'Alerts.ReadWrite' }, authenticationContext: 'c1' }]
          : [],
    })
  })
  afterAll(() => api.close())
  const call = (tool: string, claims: Claims) => {
    const token = api.issuer.sign(onBehalfOfClaims({ authority: api.issuer.url, claims }))
    return api.get('/', ['authorization', `Bearer ${token}`, 'x-tool', tool])
  }

  it('accepts either of its scopes for get_weather, but for create_alert demands Alerts.ReadWrite and the context c1', async () => {
    for (const scp of ['Weather.Read', 'Alerts.ReadWrite'])
      expect(await call('get_weather', { scp })).toMatchObject({ status: 200 })
    expect(await call('create_alert', { scp: 'Weather.Read', acrs: ['c1'] })).toMatchObject({
      status: 403,
      challenge: expect.stringMatching(/error="insufficient_scope".* scope="api:[^"]*\/Alerts\.ReadWrite"/),
      body: { detail: 'The token lacks the scope Alerts.ReadWrite.' },
    })
    expect(await call('create_alert', { scp: 'Alerts.ReadWrite' })).toMatchObject({
      status: 401,
      challenge: expect.stringMatching(/error="insufficient_claims", claims="[^"]+"$/),
    })
    const proven = await call('create_alert', { scp: 'Weather.Read Alerts.ReadWrite', acrs: ['c1'] })
    expect(proven.status).toBe(200)
    expect(proven.body.checks.at(-1)).toEqual({ name: 'context', ok: true })
  })
})
