import { describe, expect, test } from 'vitest'
import { asAgent, autonomousPath, ids, onBehalfOfPath, Trial, tokenOf } from './replay/trial.ts'

describe('A caller may override', () => {
  test('the tenant, for both legs', async () => {
    const trial = await Trial.begin()
    const tenant = '99999999-2222-4333-8444-555555555555'
    await trial.get(`${autonomousPath}&optionsOverride.AcquireTokenOptions.Tenant=${tenant}`)
    expect(trial.takeTokenRequests().map(({ path }) => path)).toEqual(
      Array(2).fill(`/${tenant}/oauth2/v2.0/token`),
    )
  })

  test('the tenant, but not with a name that stands for many', async () => {
    const trial = await Trial.begin()
    const { status } = await trial.get(`${autonomousPath}&optionsOverride.AcquireTokenOptions.Tenant=common`)
    expect(status).toBe(500)
    expect(trial.takeTokenRequests()).toEqual([])
  })

  test('the claims, which go to Entra with the last leg and past the cache', async () => {
    const trial = await Trial.begin()
    const headers = trial.signIn()
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    const path = `${onBehalfOfPath}&optionsOverride.AcquireTokenOptions.Claims=${encodeURIComponent(claims)}`
    for (const each of [onBehalfOfPath, path, path]) await trial.get(each, headers)
    const requests = trial.takeTokenRequests()
    expect(requests.map(({ form }) => form?.['claims'])).toEqual([undefined, undefined, claims, claims])
  })

  test('the correlation id of the last leg, and hands its trace on to both', async () => {
    const trial = await Trial.begin()
    const correlationId = '12345678-1234-4234-8234-123456789012'
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    await trial.get(`${autonomousPath}&optionsOverride.AcquireTokenOptions.CorrelationId=${correlationId}`, {
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    })
    const [t1, tr] = trial.takeTokenRequests().map(({ headers }) => headers)
    expect(tr?.['client-request-id']).toBe(correlationId)
    expect(t1?.['client-request-id']).not.toBe(correlationId)
    expect(tr?.['x-ms-lib-capability']).toBe('retry-after, h429')
    for (const headers of [t1, tr]) {
      expect(headers?.['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
      expect(headers?.['traceparent']).not.toContain('b7ad6b7169203331')
    }
  })

  test('several scopes, whatever the case of the parameters’ names', async () => {
    const trial = await Trial.begin()
    await trial.get(
      `${onBehalfOfPath}&OPTIONSOVERRIDE.scopes=api://x/B&optionsoverride.SCOPES=api://x/A`,
      trial.signIn(),
    )
    const [, tr] = trial.takeTokenRequests()
    expect(tr?.form?.['scope']).toBe('api://x/A api://x/B offline_access openid profile')
  })

  test('nothing where the gate is shut: the blueprint stands for the agent', async () => {
    const trial = await Trial.begin({
      environment: { Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated: 'FALSE' },
    })
    expect(tokenOf(await trial.get(autonomousPath))['azp']).toBe(ids.blueprint)
  })

  test('nothing on the route for users either once its gate is shut', async () => {
    const trial = await Trial.begin({
      environment: { sidecar__allowoverrides__getauthorizationheader: 'false' },
    })
    expect(tokenOf(await trial.get(onBehalfOfPath, trial.signIn()))['azp']).toBe(ids.blueprint)
  })
})

describe('An agent with a user account of its own', () => {
  test.each([
    ['AgentUsername=agent@contoso.example', 'username', 'agent@contoso.example'],
    ['AgentUserId=dddddddd-0000-4000-8000-00000000000d', 'user_id', 'dddddddd-0000-4000-8000-00000000000d'],
  ])('gets a token by three legs: %s', async (parameter, field, value) => {
    const trial = await Trial.begin()
    const path = `/AuthorizationHeaderUnauthenticated/weather?${asAgent}&${parameter}`
    expect((await trial.get(path)).status).toBe(200)
    const [t1, t2, last] = trial.takeTokenRequests().map(({ form }) => form)
    expect(t1).toMatchObject({ client_id: ids.blueprint, fmi_path: ids.agent })
    expect(t2).toMatchObject({ client_id: ids.agent, scope: 'api://AzureADTokenExchange/.default' })
    expect(last).toMatchObject({ client_id: ids.agent, grant_type: 'user_fic', [field]: value })
    await trial.get(path)
    expect(trial.takeTokenRequests()).toEqual([])
  })
})

test('What only the original can do is an error, never a lesser token', async () => {
  const trial = await Trial.begin()
  for (const option of ['PopPublicKey', 'ManagedIdentity.UserAssignedClientId']) {
    expect(
      (await trial.get(`${autonomousPath}&optionsOverride.AcquireTokenOptions.${option}=x`)).status,
    ).toBe(500)
  }
  expect(trial.takeTokenRequests()).toEqual([])
})
