import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { ada, Browser, ben, readRedirect, redirectUri, signIn } from '../testing/browser.ts'
import { describeVisits } from '../testing/describe-responses.ts'
import { agentId, blueprintAppId, startEntraForFile, tenantId } from '../testing/start-entra.ts'

const entra = await startEntraForFile()

it('the sign-in page offers both users in a form without script, says that it is emulated, and may post only to itself and to the app', async () => {
  const response = await new Browser(entra).open()
  const html = await response.text()
  expect(html).toContain('Emulated Microsoft Entra ID')
  expect(html).toContain(`value="${ben}"`)
  expect(html.indexOf(ada)).toBeLessThan(html.indexOf(ben))
  expect(html).not.toContain('<script')
  expect(response.headers.get('content-security-policy')).toMatch(
    /default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' http:\/\/localhost:3001; frame-ancestors 'none'/,
  )
})

it('the sign-in page puts the user of the login hint first', async () => {
  const html = await (await new Browser(entra).open({ login_hint: 'ben@contoso.example' })).text()
  expect(html.indexOf(ben)).toBeLessThan(html.indexOf(ada))
})

it('the code is returned in the fragment or, if requested, in the query, with the account and a cookie that scripts cannot read', async () => {
  const response = await new Browser(entra).answer()
  expect(response.status).toBe(303)
  expect(response.headers.get('location')).toMatch(`${redirectUri}#`)
  const { client_info: account = '' } = readRedirect(response)
  expect(JSON.parse(Buffer.from(account, 'base64url').toString())).toEqual({ uid: ada, utid: tenantId })
  expect(response.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax$/)
  const inQuery = await new Browser(entra).answer({}, { response_mode: 'query' })
  expect(inQuery.headers.get('location')).toMatch(`${redirectUri}?code=`)
})

it('logout ends single sign-on, and redirects to a registered URL only', async () => {
  const browser = new Browser(entra)
  const hint = String(decodeJwt((await signIn(entra, ada, {}, browser)).body.id_token)['login_hint'])
  const leave = async (address: string) => {
    const query = { post_logout_redirect_uri: address, state: 'bye', logout_hint: hint }
    return browser.visit(`${entra.url}/${tenantId}/oauth2/v2.0/logout?${new URLSearchParams(query)}`)
  }
  expect((await leave(redirectUri)).headers.get('location')).toBe(`${redirectUri}?state=bye`)
  const refused = await browser.open({ prompt: 'none' })
  expect(readRedirect(refused)).toMatchObject({ error: 'login_required' })
  const elsewhere = await leave('https://evil.example')
  expect(elsewhere.status).toBe(200)
  expect(await elsewhere.text()).toContain('You signed out')
})

/** Opens the sign-in page in a browser in which these users have signed in. */
async function openAfterSignIn(users: readonly string[], parameters: Record<string, string>) {
  const browser = new Browser(entra)
  for (const account of users) await browser.answer({ account })
  return browser.open(parameters)
}

/** Takes all consent back, and gives these answers to the page, one after the other; returns the last response. */
async function answerWithoutConsent(...answers: Record<string, string>[]) {
  const { content } = entra.entra.directory
  content.permissionGrants = content.permissionGrants.filter(grant => grant.clientId === agentId)
  const browser = new Browser(entra)
  let response = await browser.open()
  for (const answer of answers) response = await browser.answer(answer)
  return { browser, response }
}

it('each visit of the sign-in page leads to a page or back to the application, faulty requests in Entra’s words', async () => {
  const open = (parameters: Record<string, string>) => () => new Browser(entra).open(parameters)
  const silent = { prompt: 'none' }
  const accept = { consent: 'accept' }
  const visits = describeVisits(entra, {
    'a sign-in': () => new Browser(entra).answer(),
    'a sign-in that is cancelled': () => new Browser(entra).answer({ cancel: '1' }),
    'a form that another site posts': () =>
      fetch(new Browser(entra).authorizeUrl(), {
        method: 'POST',
        redirect: 'manual',
        headers: { 'sec-fetch-site': 'cross-site' },
        body: new URLSearchParams({ account: ada }),
      }),
    'an answer with an unknown account': () => new Browser(entra).answer({ account: blueprintAppId }),
    'prompt=none before a sign-in': open(silent),
    'prompt=none after a sign-in': () => openAfterSignIn([ada], silent),
    'no prompt after a sign-in': () => openAfterSignIn([ada], {}),
    'prompt=select_account after a sign-in': () => openAfterSignIn([ada], { prompt: 'select_account' }),
    'prompt=login after a sign-in': () => openAfterSignIn([ada], { prompt: 'login' }),
    'prompt=none after the sign-in of two users': () => openAfterSignIn([ada, ben], silent),
    'prompt=none after the sign-in of two users, with a hint': () =>
      openAfterSignIn([ada, ben], { ...silent, login_hint: 'ben@contoso.example' }),
    'prompt=none with a hint of a user who did not sign in': () =>
      openAfterSignIn([ada], { ...silent, login_hint: 'ben@contoso.example' }),
    'a sign-in without consent': async () => (await answerWithoutConsent({})).response,
    'a sign-in, and consent': async () => (await answerWithoutConsent({}, accept)).response,
    'a sign-in after consent': async () => (await answerWithoutConsent({}, accept)).browser.open(),
    'the sign-in of another user after consent': async () =>
      (await answerWithoutConsent({}, accept, { account: ben })).response,
    'consent that is declined': async () => (await answerWithoutConsent({}, { cancel: '1' })).response,
    'consent in a browser in which the user did not sign in': async () =>
      (await answerWithoutConsent(accept)).response,
    'prompt=none without consent': async () => (await answerWithoutConsent({})).browser.open(silent),
    'an unknown application': open({ client_id: 'dddddddd-0000-4000-8000-00000000dead' }),
    'an unregistered redirect URI': open({ redirect_uri: 'https://evil.example/' }),
    'the blueprint': open({ client_id: blueprintAppId }),
    'an agent': open({ client_id: agentId }),
    'an agent, for consent': open({ client_id: agentId, prompt: 'consent' }),
    'an unsupported response mode': open({ response_mode: 'web_message' }),
    'a token instead of a code': open({ response_type: 'token' }),
    'no scope': open({ scope: '' }),
    'a scope of an unknown API': open({ scope: 'api://nobody/Read' }),
    'an unknown scope': open({ scope: `api://${blueprintAppId}/Nothing` }),
    'scopes of two APIs': open({ scope: `api://${blueprintAppId}/access_as_user User.Read` }),
    'an unknown prompt': open({ prompt: 'sing' }),
    'malformed claims': open({ claims: '{' }),
    'a plain code challenge': open({ code_challenge_method: 'plain' }),
    'another tenant': () => {
      const browser = new Browser(entra)
      return browser.visit(browser.authorizeUrl().replace(tenantId, blueprintAppId))
    },
  })
  await expect(await visits).toMatchFileSnapshot('authorize.txt')
})
