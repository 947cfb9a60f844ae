import { inspect } from 'node:util'
import { type IdentityError, sidecar, type TokenSource } from '@entra-agents/identity'
import { identityTiming } from '@entra-agents/identity/core'
import { msal } from '@entra-agents/identity/msal'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { identities } from '../../support/identities.ts'
import { claimsOf, startStage } from './stage.ts'

/** The API says whose token it got. */
const { entra, container, url, clientOf } = await startStage((request, response) => {
  const { oid, azp } = claimsOf(request)
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ oid, azp }))
})

const timing = { ...identityTiming, tokenRetryMs: 20 }
const sources: Readonly<Record<string, () => TokenSource>> = {
  sidecar: () => sidecar({ url: container.url, timing }),
  msal: () => msal({ clientSecret: entra.secretOf('weather') }, { timing }),
}
beforeEach(() => {
  entra.reset()
  container.reset()
})

const { agentId: weatherAgent, alertsAgentId: alertsAgent, agentUserId: accountId } = identities

const tokenOf = (user: string) =>
  entra.issueToken({ client: 'page', resource: 'weather', user, scopes: ['access_as_user'] })
/** What went wrong, as an error of this package. */
const failureOf = (promise: Promise<unknown>): Promise<IdentityError> =>
  promise.then(
    () => expect.fail('There was no error.'),
    (error: IdentityError) => (error.name === 'IdentityError' ? error : expect.fail(String(error))),
  )

describe.each(Object.entries(sources))('With the token source %s,', (name, source) => {
  function start(changes: Partial<typeof timing> = {}) {
    const client = clientOf({ tokens: source(), timing: { ...timing, ...changes } })
    onTestFinished(() => client.close())
    return client
  }
  async function withUsers() {
    const client = start()
    const [ada, ben] = await Promise.all(
      ['ada', 'ben'].map(async one => client.user(`Bearer ${await tokenOf(one)}`)),
    )
    if (!ada || !ben) return expect.fail('There are no users.')
    return { client, ada, ben }
  }

  it('an agent as itself is the actor, and has its role', async () => {
    const { claims, expiresAt } = await start().as('weather').token('weather-api')
    expect(claims).toMatchObject({ azp: weatherAgent, roles: ['Weather.Read.All'] })
    expect(expiresAt).toBeGreaterThan(Date.now())
  })

  it('an agent as its own user account is that user, and the actor', async () => {
    const { claims } = await start().as('weather', { flow: 'agent-user' }).token('weather-api')
    expect(claims).toMatchObject({ oid: accountId, azp: weatherAgent })
  })

  it('of 200 calls at once under 6 identities none is mixed', async () => {
    const { client, ada, ben } = await withUsers()
    const identities = [
      [weatherAgent, ada.objectId, () => client.as('weather', { user: ada })],
      [weatherAgent, ben.objectId, () => client.as('weather', { user: ben })],
      [alertsAgent, ada.objectId, () => client.as('alerts', { user: ada })],
      [alertsAgent, ben.objectId, () => client.as('alerts', { user: ben })],
      [weatherAgent, weatherAgent, () => client.as('weather')],
      [weatherAgent, accountId, () => client.as('weather', { flow: 'agent-user' })],
    ] as const
    const calls = Array.from({ length: 200 }, async (_none, index) => {
      const [azp, oid, act] = identities[index % 6] ?? expect.fail()
      const response = await (await act().fetch(url)).json()
      return JSON.stringify(response) === JSON.stringify({ oid, azp })
    })
    expect((await Promise.all(calls)).filter(isRight => !isRight)).toEqual([])
  })

  it('a token is kept: a second call does not ask Entra', async () => {
    const { client, ada } = await withUsers()
    const flows = [{}, { user: ada }, { flow: 'agent-user' as const }]
    const ask = () => Promise.all(flows.map(flow => client.as('weather', flow).token('weather-api')))
    const first = await ask()
    const asked = entra.requests.length
    expect((await ask()).map(({ value }) => value)).toEqual(first.map(({ value }) => value))
    expect(entra.requests).toHaveLength(asked)
  })

  it('an aborted call ends with its own reason while Entra is slow', async () => {
    const { client, ben } = await withUsers()
    using _ = entra.fault('obo', { kind: 'delay', delayMs: 5_000 })
    const started = performance.now()
    const slow = client.as('weather', { user: ben, signal: AbortSignal.timeout(300) }).token('weather-api')
    await expect(slow).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it.each([
    ['t1', 7000215, 'BLUEPRINT_CREDENTIAL_REJECTED', 502],
    ['t1', 700213, 'FEDERATION_MISMATCH', 502],
    ['obo', 65001, 'CONSENT_REQUIRED', 403],
    ['obo', 50076, 'CONDITIONAL_ACCESS_REQUIRED', 403],
    ['obo', 50013, 'USER_TOKEN_INVALID', 401],
  ] as const)('the refusal of %s by AADSTS%i is %s', async (leg, number, code, status) => {
    const { client, ben } = await withUsers()
    using _ = entra.fault(leg, number)
    const failure = await failureOf(client.as('trainee', { user: ben }).token('weather-api'))
    expect(failure).toMatchObject({ code, status, upstream: { service: 'entra', code: `AADSTS${number}` } })
    expect(failure.message).not.toMatch(/Trace ID|ben@|Lindqvist/)
    expect(failure.toProblem('request-1')).toMatchObject({
      code,
      status,
      hint: failure.fix,
      requestId: 'request-1',
    })
  })

  it('a Conditional Access refusal has its claims for the browser, as far as the source hands them on', async () => {
    const { client, ben } = await withUsers()
    using _ = entra.fault('obo', { kind: 'conditional-access' })
    const failure = await failureOf(client.as('alerts', { user: ben }).token('weather-api'))
    expect(failure).toMatchObject({ code: 'CONDITIONAL_ACCESS_REQUIRED', blockedByPolicy: false })
    expect(typeof failure.claimsChallenge).toBe(name === 'msal' ? 'string' : 'undefined')
    if (failure.claimsChallenge) expect(JSON.parse(failure.claimsChallenge)).toHaveProperty('access_token')
  })

  it.each([
    ['obo', 'CONDITIONAL_ACCESS_REQUIRED', 'on behalf of this user'],
    ['tr', 'CONDITIONAL_ACCESS_REQUIRED', 'the agent identity'],
    ['agent-user', 'AGENT_USER_UNUSABLE', 'the agent’s user account'],
  ] as const)(
    'a policy that blocks %s is told from a challenge, and asks nobody to sign in',
    async (leg, code, whose) => {
      const { client, ben } = await withUsers()
      using _ = entra.fault(leg, { kind: 'conditional-access', code: 53003 })
      const as = { obo: { user: ben }, tr: {}, 'agent-user': { flow: 'agent-user' as const } }[leg]
      const failure = await failureOf(client.as('weather', as).token('weather-api'))
      expect(failure).toMatchObject({ code, blockedByPolicy: true, claimsChallenge: undefined })
      expect(failure.message).toContain(whose)
      expect(failure.message).toContain('a token for the Weather API')
      expect(failure.fix).toContain('administrator')
      expect(failure.fix).not.toMatch(/sign in again/i)
      const policyIds = name === 'msal' ? ['5f1b2c1e-7d1c-4f0e-9a46-0c4f2a6d9b11'] : []
      expect(failure.policyIds).toEqual(policyIds)
      expect(failure.toProblem('1').blockedByPolicy).toBe(true)
    },
  )

  it('claims go to Entra, past the token that was kept', async () => {
    const { client, ada } = await withUsers()
    await client.as('weather', { user: ada }).token('weather-api')
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    const failure = await failureOf(client.as('weather', { user: ada, claims }).token('weather-api'))
    expect(failure.code).toBe('CONDITIONAL_ACCESS_REQUIRED')
  })

  it.each([
    ['answers with a page', { kind: 'html', status: 502 }],
    ['breaks off', { kind: 'reset' }],
  ] as const)('an Entra that %s is asked again', async (_what, fault) => {
    const client = start()
    entra.fault('tr', fault, { times: 1 })
    expect((await client.as('weather').token('weather-api')).claims['azp']).toBe(weatherAgent)
  })

  it('an Entra that stays away is ENTRA_UNAVAILABLE', async () => {
    const client = start()
    using _token = entra.fault('token', { kind: 'reset' })
    using _keys = entra.fault('keys', { kind: 'reset' })
    expect(await failureOf(client.as('trainee').token('weather-api'))).toMatchObject({
      code: 'ENTRA_UNAVAILABLE',
      status: 503,
    })
  })

  it('an Entra that never answers is ENTRA_UNAVAILABLE once the deadline is over', async () => {
    const client = start({ tokenDeadlineMs: 300 })
    using _ = entra.fault('token', { kind: 'hang' })
    const started = performance.now()
    expect(await failureOf(client.as('trainee').token('weather-api'))).toMatchObject({
      code: 'ENTRA_UNAVAILABLE',
      message: expect.stringContaining('no token after 300 ms'),
    })
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  it('the trace says of a token whether it is from before, as far as the source knows', async () => {
    const client = start()
    const areKept: unknown[] = []
    for (const agent of [client.as('weather'), client.as('weather')]) {
      await agent.fetch(url)
      const asked = agent.trace.steps.find(({ kind }) => kind === 'token-request')
      areKept.push(asked?.title.endsWith(', and has it from before'))
    }
    expect(areKept).toEqual([false, name === 'msal'])
  })

  it('Entra’s sign-in logs have the correlation id of the caller', async () => {
    const correlationId = 'cccccccc-0000-4000-8000-00000000000c'
    await start().as('weather', { correlationId }).token('weather-api')
    expect(entra.requests.at(-1)).toMatchObject({ leg: 'tr', correlationId })
  })

  it('the trace shows T1 and T2 as far as the agent sees them, and never a token as it is', async () => {
    const client = start()
    const agent = client.as('weather', { flow: 'agent-user' })
    await agent.fetch(url)
    const tokens = agent.trace.steps.flatMap(({ token }) => token ?? [])
    expect(tokens.map(({ role, observed }) => [role, observed])).toEqual([
      ['T1', name === 'msal'],
      ['T2', name === 'msal'],
      ['TR', true],
    ])
    expect(tokens[0]?.claims?.['sub']).toContain(weatherAgent)
    expect(inspect([client, agent, agent.trace.steps], { depth: 20, showHidden: true })).not.toMatch(
      /eyJ[\w-]{8,}\.[\w-]{8,}\.|a secret of/,
    )
    expect(agent.trace.steps.filter(({ status }) => status === 'failed')).toEqual([])
  })

  it('check says whether the tokens that need no user are issued', async () => {
    expect(await start().check()).toEqual({ ok: true, errors: [] })
    container.reset()
    const client = start()
    using _ = entra.fault('t1', 7000222)
    expect(await client.check()).toMatchObject({
      ok: false,
      errors: [{ code: 'BLUEPRINT_CREDENTIAL_REJECTED' }],
    })
  })
})
