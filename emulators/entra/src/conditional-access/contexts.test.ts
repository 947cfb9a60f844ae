import { decodeJwt } from 'jose'
import { afterEach, expect, it, vi } from 'vitest'
import { ada, Browser, ben, readRedirect, redeem, refresh } from '../testing/browser.ts'
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestObo, requestTr, sendJson } from '../testing/requests.ts'
import { weatherAppId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()
afterEach(() => vi.useRealTimers())

const claimsFor = (context: string) =>
  JSON.stringify({ access_token: { acrs: { essential: true, value: context } } })
const contextsOf = (token: string) => decodeJwt(token)['acrs']
const minuteMs = 60_000
const advance = (ms: number) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
}

/** Signs in with this claims request, and proves the second factor if the page asks for one. */
async function signIn(claims?: string, { user = ada, browser = new Browser(entra) } = {}) {
  let response = await browser.answer({ account: user }, { claims })
  const asked = response.status === 200 && (await response.text()).includes('second factor')
  if (asked) response = await browser.answer({ account: user, factor: 'approve' }, { claims })
  const { body } = await redeem(entra, readRedirect(response)['code'] ?? '')
  return { asked, browser, body, token: body.access_token as string }
}

const onBehalfOf = (assertion: string, claims = '') => requestObo(entra, assertion, { claims })
const contextsOnBehalfOf = async (assertion: string, claims = '') =>
  contextsOf((await onBehalfOf(assertion, claims)).body.access_token)

it('a context with a policy is in a user’s tokens only after the user has proven a second factor for it, once per session', async () => {
  const plain = await signIn()
  expect([plain.asked, contextsOf(plain.token)]).toEqual([false, undefined])
  const stepped = await signIn(claimsFor('c1'))
  expect([stepped.asked, contextsOf(stepped.token)]).toEqual([true, ['c1']])
  expect(await contextsOnBehalfOf(stepped.token, claimsFor('c1'))).toEqual(['c1'])
  const { browser } = stepped
  expect((await signIn(claimsFor('c1'), { browser })).asked).toBe(false)
  expect((await signIn(claimsFor('c1'), { browser, user: ben })).asked).toBe(true)
})

it('Entra refuses a token on behalf of a user who has not proven the context, with a claims challenge', async () => {
  const { token } = await signIn()
  expect(await onBehalfOf(token, claimsFor('c1'))).toMatchObject({
    status: 400,
    body: {
      error: 'interaction_required',
      suberror: 'basic_action',
      error_codes: [50076],
      claims: claimsFor('c1'),
    },
  })
})

it('a context that the user has met is in a token on behalf of the user, even unrequested, if the API’s registration has the claim acrs', async () => {
  const { token } = await signIn(claimsFor('c1'))
  expect(await contextsOnBehalfOf(token)).toEqual(['c1'])
  expect(await contextsOnBehalfOf((await signIn()).token)).toBeUndefined()
  Object.assign(entra.entra.directory.application(weatherAppId) ?? {}, { optionalClaims: null })
  expect(await contextsOnBehalfOf(token)).toBeUndefined()
})

it('a context is not granted without a page, or if the visitor cancels, or approves as a user who is not signed in', async () => {
  const { browser } = await signIn()
  const claims = claimsFor('c1')
  const silent = readRedirect(await browser.open({ claims, prompt: 'none' }))
  expect(silent).toMatchObject({ error: 'interaction_required', claims })
  const cancelled = readRedirect(await browser.answer({ cancel: '1' }, { claims }))
  expect(cancelled).toMatchObject({ error: 'access_denied' })
  const asBen = readRedirect(await browser.answer({ account: ben, factor: 'approve' }, { claims }))
  expect(asBen).toMatchObject({ error: 'login_required' })
  expect(await (await browser.open({ claims })).text()).toContain('second factor')
})

it('no context is in the tokens of an application that calls as itself', async () => {
  const { body } = await requestTr(entra, { claims: claimsFor('c1') })
  expect(contextsOf(body.access_token)).toBeUndefined()
})

it('a context that no policy names is granted to whoever asks for it', async () => {
  const { asked, token } = await signIn(claimsFor('c2'))
  expect([asked, contextsOf(token)]).toEqual([false, ['c2']])
  expect(await contextsOnBehalfOf(token, claimsFor('c2'))).toEqual(['c2'])
})

it.each([
  ['are no JSON: {', '{', [9002313]],
  ['are no JSON: c1', 'c1', [9002313]],
  ['name no context: null', 'null', undefined],
  ['name no context: {}', '{}', undefined],
  ['name no context: no access token', '{"access_token":null}', undefined],
  ['name no context: no acrs', '{"access_token":{"acrs":null}}', undefined],
  ['name no context: not c1 to c99', '{"access_token":{"acrs":{"values":["x","c0","c100"]}}}', undefined],
])(
  'claims are refused only if they are no JSON, and name no context otherwise; they %s',
  async (_what, claims, codes) => {
    const { body } = await onBehalfOf((await signIn()).token, claims)
    expect(body.error_codes).toEqual(codes)
  },
)

it('the control plane can keep contexts out of tokens on behalf of users', async () => {
  const { token } = await signIn(claimsFor('c1'))
  await sendJson(entra, 'PATCH', '/emulator/settings', { carriesContexts: false })
  const { status, body } = await onBehalfOf(token, claimsFor('c1'))
  expect([status, contextsOf(body.access_token)]).toEqual([200, undefined])
})

const policiesPath = '/identity/conditionalAccess/policies'
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

it('a policy for every time demands the second factor again after five minutes, but not when an agent acts for the user', async () => {
  await graph.post(policiesPath, policy)
  const { browser, token, body } = await signIn(claimsFor('c7'))
  const renew = async () => (await refresh(entra, body.refresh_token, { claims: claimsFor('c7') })).body
  expect(contextsOf((await renew()).access_token)).toContain('c7')
  advance(4 * minuteMs)
  expect((await signIn(claimsFor('c7'), { browser })).asked).toBe(false)
  advance(2 * minuteMs)
  expect(await renew()).toMatchObject({ error_codes: [50076], claims: claimsFor('c7') })
  expect((await signIn(claimsFor('c7'), { browser })).asked).toBe(true)
  advance(10 * minuteMs)
  expect(await contextsOnBehalfOf(token, claimsFor('c7'))).toContain('c7')
})

it('a policy that was made through Graph applies to its included users while it is enabled', async () => {
  const { status, body } = await graph.post(policiesPath, policy)
  expect(status).toBe(201)
  expect((await signIn(claimsFor('c7'), { user: ben })).asked).toBe(false)
  expect((await signIn(claimsFor('c7'))).asked).toBe(true)
  const { value } = await graph.read(policiesPath)
  expect(value).toMatchObject([
    { displayName: 'Confirm changes by a second factor' },
    { ...policy, id: body.id },
  ])
  const kept = entra.entra.directory.content.conditionalAccessPolicies.find(({ id }) => id === body.id)
  Object.assign(kept ?? {}, { state: 'disabled' })
  expect((await signIn(claimsFor('c7'))).asked).toBe(false)
})
