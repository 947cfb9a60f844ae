import { decodeJwt } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { ada, Browser, ben, makeVerifier, readRedirect, redirectUri, signIn } from '../testing/browser.ts'
import { agentId, blueprintAppId, startEntraForFile, tenantId } from '../testing/start-entra.ts'

const entra = await startEntraForFile()

const { challenge } = makeVerifier()
const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }

describe('the sign-in page', () => {
  it('offers both users in a form without script, says that it is emulated, and may post only to itself and to the app', async () => {
    const browser = new Browser(entra)
    const response = await browser.visit(browser.authorizeUrl(pkce))
    const html = await response.text()
    expect(response.status).toBe(200)
    expect(html).toContain('Emulated Microsoft Entra ID')
    expect(html).toContain(`value="${ada}"`)
    expect(html).toContain(`value="${ben}"`)
    expect(html).not.toContain('<script')
    expect(response.headers.get('content-security-policy')).toMatch(
      /default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' http:\/\/localhost:3001; frame-ancestors 'none'/,
    )
  })

  it('puts the user of the login hint first', async () => {
    const browser = new Browser(entra)
    const response = await browser.visit(browser.authorizeUrl({ ...pkce, login_hint: 'ben@contoso.example' }))
    const html = await response.text()
    expect(html.indexOf(ben)).toBeLessThan(html.indexOf(ada))
  })

  it('returns the code in the fragment, with the request’s state', async () => {
    const browser = new Browser(entra)
    const response = await browser.submit(browser.authorizeUrl(pkce), { account: ada })
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toMatch(`${redirectUri}#`)
    const sentBack = readRedirect(response)
    expect(sentBack).toMatchObject({ state: 'the-state|with=signs' })
    expect(JSON.parse(Buffer.from(sentBack['client_info'] ?? '', 'base64url').toString())).toEqual({
      uid: ada,
      utid: tenantId,
    })
    expect(response.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax$/)
  })

  it('returns the code in the query if requested', async () => {
    const browser = new Browser(entra)
    const response = await browser.submit(browser.authorizeUrl({ ...pkce, response_mode: 'query' }), {
      account: ada,
    })
    expect(response.headers.get('location')).toMatch(`${redirectUri}?code=`)
  })

  it('responds to cancelling with access_denied and AADSTS65004', async () => {
    const browser = new Browser(entra)
    const sentBack = readRedirect(await browser.submit(browser.authorizeUrl(pkce), { cancel: '1' }))
    expect(sentBack).toMatchObject({
      error: 'access_denied',
      error_subcode: 'cancel',
      error_uri: `${entra.url}/error?code=65004`,
      state: 'the-state|with=signs',
    })
    expect(sentBack['error_description']).toMatch(/^AADSTS65004: /)
  })

  it('refuses a form that another site posts', async () => {
    const browser = new Browser(entra)
    const response = await fetch(browser.authorizeUrl(pkce), {
      method: 'POST',
      redirect: 'manual',
      headers: { 'sec-fetch-site': 'cross-site' },
      body: new URLSearchParams({ account: ada }),
    })
    expect(readRedirect(response)).toMatchObject({ error: 'invalid_request' })
    expect(response.headers.get('set-cookie')).toBeNull()
  })
})

describe('single sign-on', () => {
  it('responds to prompt=none with login_required until a user has signed in, then with a code', async () => {
    const browser = new Browser(entra)
    const silent = browser.authorizeUrl({ ...pkce, prompt: 'none' })
    const refused = readRedirect(await browser.visit(silent))
    expect(refused).toMatchObject({ error: 'login_required', state: 'the-state|with=signs' })
    expect(refused['error_description']).toMatch(/^AADSTS50058: /)
    await browser.submit(browser.authorizeUrl(pkce), { account: ada })
    expect(readRedirect(await browser.visit(silent))).toHaveProperty('code')
  })

  it('shows the sign-in page for prompt=select_account and prompt=login, even to a signed-in user', async () => {
    const browser = new Browser(entra)
    await browser.submit(browser.authorizeUrl(pkce), { account: ada })
    expect((await browser.visit(browser.authorizeUrl(pkce))).status).toBe(302)
    for (const prompt of ['select_account', 'login'])
      expect((await browser.visit(browser.authorizeUrl({ ...pkce, prompt }))).status).toBe(200)
  })

  it('refuses prompt=none if two users are signed in, unless a login hint says which user is meant', async () => {
    const browser = new Browser(entra)
    for (const account of [ada, ben]) await browser.submit(browser.authorizeUrl(pkce), { account })
    const silent = { ...pkce, prompt: 'none' }
    expect(readRedirect(await browser.visit(browser.authorizeUrl(silent)))['error_description']).toMatch(
      /^AADSTS16000: /,
    )
    const hinted = browser.authorizeUrl({ ...silent, login_hint: 'ben@contoso.example' })
    expect(readRedirect(await browser.visit(hinted))).toHaveProperty('code')
  })

  it('ends at logout, which redirects to the given URL with the given state', async () => {
    const browser = new Browser(entra)
    const { body } = await signIn(entra, ada, {}, browser)
    const { login_hint: hint } = decodeJwt(body.id_token)
    const query = new URLSearchParams({
      post_logout_redirect_uri: redirectUri,
      state: 'bye',
      logout_hint: String(hint),
    })
    const response = await browser.visit(`${entra.url}/${tenantId}/oauth2/v2.0/logout?${query}`)
    expect(response.headers.get('location')).toBe(`${redirectUri}?state=bye`)
    const silent = browser.authorizeUrl({ ...pkce, prompt: 'none' })
    expect(readRedirect(await browser.visit(silent))).toMatchObject({ error: 'login_required' })
  })

  it('does not redirect to an unregistered URL at logout', async () => {
    const response = await fetch(
      `${entra.url}/${tenantId}/oauth2/v2.0/logout?post_logout_redirect_uri=https://evil.example`,
      { redirect: 'manual' },
    )
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('You signed out')
  })
})

describe('consent', () => {
  beforeEach(() => {
    const { content } = entra.entra.directory
    content.permissionGrants = content.permissionGrants.filter(grant => grant.clientId === agentId)
  })

  it('is requested from each user who has not given consent, and not again from a user who has', async () => {
    const browser = new Browser(entra)
    const url = browser.authorizeUrl(pkce)
    const page = await browser.submit(url, { account: ada })
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('access_as_user')
    expect(readRedirect(await browser.submit(url, { account: ada, consent: 'accept' }))).toHaveProperty(
      'code',
    )
    expect(readRedirect(await browser.visit(url))).toHaveProperty('code')
    expect((await browser.submit(url, { account: ben })).status).toBe(200)
  })

  it('can be declined', async () => {
    const browser = new Browser(entra)
    const url = browser.authorizeUrl(pkce)
    await browser.submit(url, { account: ada })
    expect(readRedirect(await browser.submit(url, { account: ada, cancel: '1' }))).toMatchObject({
      error: 'access_denied',
    })
  })

  it('cannot be given in a browser in which the user did not sign in', async () => {
    const browser = new Browser(entra)
    const sentBack = readRedirect(
      await browser.submit(browser.authorizeUrl(pkce), { account: ada, consent: 'accept' }),
    )
    expect(sentBack['error_description']).toMatch(/^AADSTS50058: /)
  })

  it('that is missing is reported as interaction_required if prompt=none forbids asking the user', async () => {
    const browser = new Browser(entra)
    await browser.submit(browser.authorizeUrl(pkce), { account: ada })
    const sentBack = readRedirect(await browser.visit(browser.authorizeUrl({ ...pkce, prompt: 'none' })))
    expect(sentBack).toMatchObject({ error: 'interaction_required', suberror: 'consent_required' })
    expect(sentBack['error_description']).toMatch(/^AADSTS65001: /)
  })
})

describe('an authorization request', () => {
  const cases: [name: string, parameters: Record<string, string>, code: number][] = [
    ['of an unknown application', { client_id: 'dddddddd-0000-4000-8000-00000000dead' }, 700016],
    ['with an unregistered redirect URI', { redirect_uri: 'https://evil.example/' }, 50011],
    ['of the blueprint', { client_id: blueprintAppId }, 82001],
    ['of an agent identity', { client_id: agentId }, 82001],
    ['of an agent identity for consent', { client_id: agentId, prompt: 'consent' }, 82014],
    ['with an unsupported response mode', { response_mode: 'form_post' }, 70007],
  ]
  it.each(cases)('%s is refused on a page, never by a redirect', async (_name, parameters, code) => {
    const browser = new Browser(entra)
    const response = await browser.visit(browser.authorizeUrl({ ...pkce, ...parameters }))
    expect(response.headers.get('location')).toBeNull()
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(await response.text()).toContain(`AADSTS${code}: `)
  })

  // biome-ignore format: table
  const redirected: [name: string, parameters: Record<string, string>, code: number, error: string][] = [
    ['a token instead of a code', { response_type: 'token' }, 700054, 'unsupported_response_type'],
    ['a scope of an unknown API', { scope: 'api://nobody/Read' }, 500011, 'invalid_resource'],
    ['an unknown scope', { scope: `api://${blueprintAppId}/Nothing` }, 650053, 'invalid_client'],
    ['scopes of two APIs', { scope: `api://${blueprintAppId}/access_as_user User.Read` }, 28000, 'invalid_scope'],
    ['an unknown prompt', { prompt: 'sing' }, 90023, 'invalid_request'],
    ['malformed claims', { claims: '{' }, 9002313, 'invalid_request'],
  ]
  it.each(redirected)('for %s is refused by a redirect', async (_name, parameters, code, error) => {
    const browser = new Browser(entra)
    const sentBack = readRedirect(await browser.visit(browser.authorizeUrl({ ...pkce, ...parameters })))
    expect(sentBack).toMatchObject({ error, state: 'the-state|with=signs' })
    expect(sentBack['error_description']).toMatch(`AADSTS${code}: `)
  })

  it('of another tenant is refused on a page', async () => {
    const browser = new Browser(entra)
    const url = browser.authorizeUrl(pkce).replace(tenantId, '11111111-2222-4333-8444-000000000000')
    expect(await (await browser.visit(url)).text()).toContain('AADSTS90002: ')
  })
})
