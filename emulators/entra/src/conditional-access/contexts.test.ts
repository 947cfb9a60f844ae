import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ada, Browser, ben, makeVerifier, readRedirect, redeem, redirectUri } from '../testing/browser.ts'
import { requestObo, requestTr, sendJson } from '../testing/requests.ts'
import {
  requestToken,
  setupAppId,
  spaAppId,
  startEntraForFile,
  weatherAppId,
} from '../testing/start-entra.ts'

const entra = await startEntraForFile()
const claimsFor = (context: string) =>
  JSON.stringify({ access_token: { acrs: { essential: true, value: context } } })
const contextsOf = (token: string) => decodeJwt(token)['acrs']

/** Signs in with this claims request, and proves the second factor if the page asks for one. */
async function signIn(claims?: string, { user = ada, browser = new Browser(entra) } = {}) {
  const { verifier, challenge } = makeVerifier()
  const url = browser.authorizeUrl({
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...(claims === undefined ? {} : { claims }),
  })
  let response = await browser.submit(url, { account: user })
  const asked = response.status === 200 && (await response.text()).includes('second factor')
  if (asked) response = await browser.submit(url, { account: user, factor: 'approve' })
  const { body } = await redeem(entra, readRedirect(response)['code'] ?? '', { code_verifier: verifier })
  return { asked, browser, url, body, token: body.access_token as string }
}

const onBehalfOf = (assertion: string, claims?: string) =>
  requestObo(entra, assertion, claims === undefined ? {} : { claims })

describe('an authentication context with a policy', () => {
  it('is in a user’s tokens only after the user has proven a second factor for it', async () => {
    const plain = await signIn()
    expect([plain.asked, contextsOf(plain.token)]).toEqual([false, undefined])
    const stepped = await signIn(claimsFor('c1'))
    expect([stepped.asked, contextsOf(stepped.token)]).toEqual([true, ['c1']])
    const { body } = await onBehalfOf(stepped.token, claimsFor('c1'))
    expect(contextsOf(body.access_token)).toEqual(['c1'])
  })

  it('needs a second factor once per session and user', async () => {
    const { browser } = await signIn(claimsFor('c1'))
    expect((await signIn(claimsFor('c1'), { browser })).asked).toBe(false)
    expect((await signIn(claimsFor('c1'), { browser, user: ben })).asked).toBe(true)
  })

  it('makes Entra refuse a token on behalf of a user who has not proven the context, with a claims challenge', async () => {
    const { token } = await signIn()
    const { status, body } = await onBehalfOf(token, claimsFor('c1'))
    expect({ status, ...body }).toMatchObject({
      status: 400,
      error: 'interaction_required',
      suberror: 'basic_action',
      error_codes: [50076],
      claims: claimsFor('c1'),
    })
  })

  it('is in a token on behalf of a user who has met the policy, even unrequested, if the API’s registration has the claim acrs', async () => {
    const { token } = await signIn(claimsFor('c1'))
    expect(contextsOf((await onBehalfOf(token)).body.access_token)).toEqual(['c1'])
    expect(contextsOf((await onBehalfOf((await signIn()).token)).body.access_token)).toBeUndefined()
    const weather = entra.entra.directory.application(weatherAppId)
    if (weather) weather.optionalClaims = { accessToken: [], idToken: [] }
    expect(contextsOf((await onBehalfOf(token)).body.access_token)).toBeUndefined()
  })

  it('is refused without a page if the request has `prompt=none`', async () => {
    const { browser } = await signIn()
    const url = browser.authorizeUrl({ claims: claimsFor('c1'), prompt: 'none' })
    expect(readRedirect(await browser.visit(url))).toMatchObject({
      error: 'interaction_required',
      claims: claimsFor('c1'),
    })
  })

  it('is not granted when the visitor cancels the second factor, or approves it as a user who is not signed in', async () => {
    const browser = new Browser(entra)
    const url = browser.authorizeUrl({ claims: claimsFor('c1') })
    await browser.submit(url, { account: ada })
    expect(readRedirect(await browser.submit(url, { account: ada, cancel: '1' }))).toMatchObject({
      error: 'access_denied',
    })
    expect(readRedirect(await browser.submit(url, { account: ben, factor: 'approve' }))).toMatchObject({
      error: 'login_required',
    })
    expect(await (await browser.visit(url)).text()).toContain('second factor')
  })

  it('is not in the tokens of an application that calls as itself', async () => {
    const { body } = await requestTr(entra, { claims: claimsFor('c1') })
    expect(contextsOf(body.access_token)).toBeUndefined()
  })
})

it('A context that no policy names is granted to whoever asks for it', async () => {
  const { asked, token } = await signIn(claimsFor('c2'))
  expect([asked, contextsOf(token)]).toEqual([false, ['c2']])
  expect(contextsOf((await onBehalfOf(token, claimsFor('c2'))).body.access_token)).toEqual(['c2'])
})

it.each(['{', 'c1'])('Claims that are no JSON (%s) are refused', async claims => {
  const { token } = await signIn()
  expect((await onBehalfOf(token, claims)).body).toMatchObject({ error_codes: [9002313] })
})

it.each([
  'null',
  '{}',
  '{"access_token":null}',
  '{"access_token":{"acrs":null}}',
  '{"access_token":{"acrs":{"value":"x"}}}',
])('Claims that name no context (%s) change nothing', async claims => {
  const { token } = await signIn(claims)
  expect((await onBehalfOf(token, claims)).status).toBe(200)
})

it('The control plane can keep contexts out of tokens on behalf of users', async () => {
  const { token } = await signIn(claimsFor('c1'))
  await sendJson(entra, 'PATCH', '/emulator/settings', { carriesContexts: false })
  const { status, body } = await onBehalfOf(token, claimsFor('c1'))
  expect([status, contextsOf(body.access_token)]).toEqual([200, undefined])
})

describe('a policy that was made through Graph', () => {
  let headers: { authorization: string }
  beforeEach(async () => {
    const { body } = await requestToken(entra, {
      client_id: setupAppId,
      client_secret: 'setup-secret',
      grant_type: 'client_credentials',
      scope: 'https://graph.microsoft.com/.default',
    })
    headers = { authorization: `Bearer ${body.access_token}` }
  })
  afterEach(() => vi.useRealTimers())
  const graph = (method: string, body?: unknown) =>
    sendJson(entra, method, '/v1.0/identity/conditionalAccess/policies', body, headers)
  const policy = {
    displayName: 'Each time',
    state: 'enabled',
    conditions: {
      clientAppTypes: ['all'],
      users: { includeUsers: ['All'], excludeUsers: [ben] },
      applications: { includeAuthenticationContextClassReferences: ['c7'] },
    },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    sessionControls: {
      signInFrequency: {
        isEnabled: true,
        frequencyInterval: 'everyTime',
        authenticationType: 'primaryAndSecondaryAuthentication',
      },
    },
  }

  it('with the frequency `everyTime` demands the second factor again after five minutes, but not when an agent acts for the user', async () => {
    expect((await graph('POST', policy)).status).toBe(201)
    const { browser, token } = await signIn(claimsFor('c7'))
    expect(contextsOf(token)).toContain('c7')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 4 * 60_000 })
    expect((await signIn(claimsFor('c7'), { browser })).asked).toBe(false)
    vi.setSystemTime(Date.now() + 2 * 60_000)
    expect((await signIn(claimsFor('c7'), { browser })).asked).toBe(true)
    vi.setSystemTime(Date.now() + 10 * 60_000)
    expect(contextsOf((await onBehalfOf(token, claimsFor('c7'))).body.access_token)).toContain('c7')
  })

  it('with the frequency `everyTime` prevents the page’s silent renewal after five minutes', async () => {
    await graph('POST', policy)
    const { body } = await signIn(claimsFor('c7'))
    const renew = () =>
      requestToken(
        entra,
        {
          client_id: spaAppId,
          grant_type: 'refresh_token',
          refresh_token: body.refresh_token,
          claims: claimsFor('c7'),
        },
        { origin: new URL(redirectUri).origin },
      )
    expect(contextsOf((await renew()).body.access_token)).toContain('c7')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6 * 60_000 })
    expect((await renew()).body).toMatchObject({ error_codes: [50076], claims: claimsFor('c7') })
  })

  it('applies to its included users while the policy is enabled', async () => {
    const { id } = (await graph('POST', policy)).body
    expect((await signIn(claimsFor('c7'), { user: ben })).asked).toBe(false)
    expect((await signIn(claimsFor('c7'))).asked).toBe(true)
    const { value } = (await graph('GET')).body
    expect(value.map(({ displayName }: { displayName: string }) => displayName)).toEqual([
      'Confirm changes by a second factor',
      'Each time',
    ])
    const kept = entra.entra.directory.content.conditionalAccessPolicies.find(one => one.id === id)
    Object.assign(kept ?? {}, { state: 'disabled' })
    expect((await signIn(claimsFor('c7'))).asked).toBe(false)
  })
})
