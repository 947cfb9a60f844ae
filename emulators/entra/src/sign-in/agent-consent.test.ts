import { beforeEach, describe, expect, it } from 'vitest'
import { ada, Browser, ben, readRedirect, signIn } from '../testing/browser.ts'
import { requestObo, sendJson } from '../testing/requests.ts'
import { agentId, startEntraForFile, tenantId, weatherAppId } from '../testing/start-entra.ts'

const entra = await startEntraForFile()
const consentUri = 'http://localhost:3001/auth/consent.html'
const scope = `api://${weatherAppId}/Weather.Read`
const consentQuery = {
  client_id: agentId,
  response_type: 'none',
  redirect_uri: consentUri,
  response_mode: 'query',
  scope,
}

beforeEach(() => {
  const { content } = entra.entra.directory
  content.permissionGrants = content.permissionGrants.filter(({ clientId }) => clientId !== agentId)
})

const onBehalfOf = async (user: string) => {
  const { body } = await signIn(entra, user)
  return (await requestObo(entra, body.access_token, { scope })).body
}

describe('consent for an agent', () => {
  it('is recorded for the user, and only the state is sent back', async () => {
    expect(await onBehalfOf(ada)).toMatchObject({ error_codes: [65001], suberror: 'consent_required' })
    const browser = new Browser(entra)
    const url = browser.authorizeUrl(consentQuery)
    expect(await (await browser.submit(url, { account: ada })).text()).toContain('Weather.Read')
    const done = await browser.submit(url, { account: ada, consent: 'accept' })
    expect(done.headers.get('location')).toBe(`${consentUri}?state=the-state%7Cwith%3Dsigns`)
    expect(await onBehalfOf(ada)).toHaveProperty('access_token')
    expect(await onBehalfOf(ben)).toMatchObject({ error_codes: [65001] })
    expect((await browser.visit(url)).headers.get('location')).toMatch(consentUri)
  })

  it('that the user refuses is reported to the redirect URI', async () => {
    const browser = new Browser(entra)
    const url = browser.authorizeUrl(consentQuery)
    await browser.submit(url, { account: ada })
    expect(readRedirect(await browser.submit(url, { account: ada, cancel: '1' }))).toMatchObject({
      error: 'access_denied',
      error_subcode: 'cancel',
      state: 'the-state|with=signs',
    })
  })

  it('never redirects to an address that is not the blueprint’s', async () => {
    const browser = new Browser(entra)
    const elsewhere = { ...consentQuery, redirect_uri: 'http://localhost:3001/auth/redirect.html' }
    expect(await (await browser.visit(browser.authorizeUrl(elsewhere))).text()).toContain('AADSTS50011: ')
  })

  it('is refused if the request asks for an authorization code', async () => {
    const url = new Browser(entra).authorizeUrl({ ...consentQuery, response_type: 'code' })
    expect(readRedirect(await new Browser(entra).visit(url))).toMatchObject({
      error: 'unsupported_response_type',
    })
  })

  it('is refused at the sign-in page if the control plane sets agentConsent to “refused”', async () => {
    await sendJson(entra, 'PATCH', '/emulator/settings', { agentConsent: 'refused' })
    const browser = new Browser(entra)
    expect(await (await browser.visit(browser.authorizeUrl(consentQuery))).text()).toContain('AADSTS82014: ')
  })

  it('can be given only by an administrator if the control plane sets agentConsent to “admin”', async () => {
    await sendJson(entra, 'PATCH', '/emulator/settings', { agentConsent: 'admin' })
    const browser = new Browser(entra)
    const refused = readRedirect(await browser.submit(browser.authorizeUrl(consentQuery), { account: ada }))
    expect(refused).toMatchObject({ error: 'access_denied' })
    expect(refused['error_description']).toContain('AADSTS90094: ')
  })

  it('that an administrator gives is for all users', async () => {
    const query = new URLSearchParams({
      client_id: agentId,
      scope,
      redirect_uri: consentUri,
      state: 'state-1',
    })
    const url = `${entra.url}/${tenantId}/v2.0/adminconsent?${query}`
    const browser = new Browser(entra)
    expect(await (await browser.visit(url)).text()).toContain('Accept as Ada')
    expect(readRedirect(await browser.submit(url, { cancel: '1' }))).toMatchObject({ error: 'access_denied' })
    expect(readRedirect(await browser.submit(url, { account: ada }))).toEqual({
      admin_consent: 'True',
      tenant: tenantId,
      scope,
      state: 'state-1',
    })
    expect(await onBehalfOf(ben)).toHaveProperty('access_token')
  })
})
