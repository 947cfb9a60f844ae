import { describe, expect, test } from 'vitest'
import {
  agentQuery,
  autonomousPath,
  beginTrial,
  claimsOf,
  grantOf,
  ids,
  onBehalfOfPath,
} from './replay/trial.ts'

const correlationId = '12345678-1234-4234-8234-123456789012'
const correlated = `optionsOverride.AcquireTokenOptions.CorrelationId=${correlationId}`

describe('A caller may override', () => {
  test.each([
    ['the tenant, for both legs', '99999999-2222-4333-8444-555555555555', 200, 2],
    ['the tenant, but not by a name that stands for several tenants, such as `common`', 'common', 500, 0],
  ])('%s', async (_what, tenant, status, requests) => {
    const trial = await beginTrial()
    const response = await trial.get(`${autonomousPath}&optionsOverride.AcquireTokenOptions.Tenant=${tenant}`)
    expect(response.status).toBe(status)
    const paths = trial.takeTokenRequests().map(({ path }) => path)
    expect(paths).toEqual(Array(requests).fill(`/${tenant}/oauth2/v2.0/token`))
  })

  test('the correlation id of the last leg; the caller’s trace context goes on with both legs', async () => {
    const trial = await beginTrial()
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`
    await trial.get(`${autonomousPath}&${correlated}`, { traceparent })
    const headers = trial.takeTokenRequests().map(request => request.headers)
    expect(headers.map(each => each?.['client-request-id'] === correlationId)).toEqual([false, true])
    expect(headers[1]?.['x-ms-lib-capability']).toBe('retry-after, h429')
    for (const each of headers) {
      expect(each?.['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
      expect(each?.['traceparent']).not.toBe(traceparent)
    }
  })

  test('the scopes by several parameters, whose names may be in capital or small letters', async () => {
    const trial = await beginTrial()
    const scopes = 'OPTIONSOVERRIDE.scopes=api://x/B&optionsoverride.SCOPES=api://x/A'
    await trial.get(`${onBehalfOfPath}&${scopes}`, trial.signIn())
    const [, tr] = trial.takeTokenRequests()
    expect(tr?.form?.['scope']).toBe('api://x/A api://x/B offline_access openid profile')
  })

  test('nothing on the route for users if AllowOverrides is false for that route: the token is the blueprint’s', async () => {
    const environment = { sidecar__allowoverrides__getauthorizationheader: 'false' }
    const trial = await beginTrial({ environment })
    expect(claimsOf(await trial.get(onBehalfOfPath, trial.signIn()))['azp']).toBe(ids.blueprint)
  })
})

describe('An agent with a user account of its own', () => {
  const user = '87654321-0000-4000-8000-00000000000d'
  const path = `/AuthorizationHeaderUnauthenticated/weather?${agentQuery}`

  test.each([
    [`AgentUserId=(${user.toUpperCase()})`, `oid:${user}@${ids.tenant}`],
    ['AgentUsername=agent@contoso.example', 'upn:agent@contoso.example'],
  ])(
    'is named to Entra in x-anchormailbox, without the caller’s correlation id (query: %s)',
    async (query, hint) => {
      const trial = await beginTrial()
      await trial.get(`${path}&${query}&${correlated}`)
      const headers = trial.takeTokenRequests().map(request => request.headers)
      expect(headers.map(each => each?.['x-anchormailbox'])).toEqual([undefined, undefined, hint])
      for (const each of headers) expect(each?.['client-request-id']).not.toBe(correlationId)
    },
  )

  test('does not sign in anew when the refresh token is refused because of the client', async () => {
    const body = '{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret."}'
    const refusal = { kind: 'response', status: 401, headers: {}, body } as const
    const trial = await beginTrial({
      outcome: form =>
        form.get('grant_type') === 'refresh_token' ? refusal : grantOf({ expiresInSeconds: 3600 }),
    })
    await trial.get(`${path}&AgentUserId=${user}`)
    trial.clock.advanceSeconds(3600 - 299)
    trial.takeLegs()
    const refused = await trial.get(`${path}&AgentUserId=${user}`)
    expect(refused).toMatchObject({ status: 401, body: expect.stringContaining('AADSTS7000215') })
    const grants = trial.takeTokenRequests().map(({ form }) => form?.['grant_type'])
    expect(grants).toEqual(['client_credentials', 'refresh_token'])
  })

  test('signs in anew for each call if Entra sends no ID token', async () => {
    const trial = await beginTrial({ outcome: () => grantOf({ leftOut: 'id_token' }) })
    for (const expected of [3, 1]) {
      await trial.get(`${path}&AgentUserId=${user}`)
      expect(trial.takeLegs()).toHaveLength(expected)
    }
  })
})

test.each(['PopPublicKey', 'ManagedIdentity.UserAssignedClientId'])(
  'The option %s, which only the official sidecar supports, gives an error, never a token that ignores it',
  async option => {
    const trial = await beginTrial()
    const { status } = await trial.get(`${autonomousPath}&optionsOverride.AcquireTokenOptions.${option}=x`)
    expect(status).toBe(500)
    expect(trial.takeTokenRequests()).toEqual([])
  },
)
