import { beforeEach, describe, expect, it } from 'vitest'
import { ada, Browser, ben, returned, signIn } from '../testing/browser.ts'
import { requestObo, sendJson } from '../testing/requests.ts'
import { agentId, startEntraForFile, tenantId, weatherAppId } from '../testing/start-entra.ts'

const entra = await startEntraForFile()
const address = 'http://localhost:3001/auth/consent.html'
const scope = `api://${weatherAppId}/Weather.Read`
const consent = {
  client_id: agentId,
  response_type: 'none',
  redirect_uri: address,
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
    const url = browser.authorizeUrl(consent)
    expect(await (await browser.submit(url, { account: ada })).text()).toContain('Weather.Read')
    const done = await browser.submit(url, { account: ada, consent: 'accept' })
    expect(done.headers.get('location')).toBe(`${address}?state=the-state%7Cwith%3Dsigns`)
    expect(await onBehalfOf(ada)).toHaveProperty('access_token')
    expect(await onBehalfOf(ben)).toMatchObject({ error_codes: [65001] })
    expect((await browser.visit(url)).headers.get('location')).toMatch(address)
  })

  it('that the user refuses is reported to the redirect URI', async () => {
    const browser = new Browser(entra)
    const url = browser.authorizeUrl(consent)
    await browser.submit(url, { account: ada })
    expect(returned(await browser.submit(url, { account: ada, cancel: '1' }))).toMatchObject({
      error: 'access_denied',
      error_subcode: 'cancel',
      state: 'the-state|with=signs',
    })
  })

  it('redirects to addresses of the blueprint only', async () => {
    const browser = new Browser(entra)
    const elsewhere = { ...consent, redirect_uri: 'http://localhost:3001/auth/redirect.html' }
    expect(await (await browser.visit(browser.authorizeUrl(elsewhere))).text()).toContain('AADSTS50011: ')
  })

  it('gives no authorization code', async () => {
    const url = new Browser(entra).authorizeUrl({ ...consent, response_type: 'code' })
    expect(returned(await new Browser(entra).visit(url))).toMatchObject({
      error: 'unsupported_response_type',
    })
  })

  it('is refused at the sign-in page if the control plane sets agentConsent to “refused”', async () => {
    await sendJson(entra, 'PATCH', '/emulator/settings', { agentConsent: 'refused' })
    const browser = new Browser(entra)
    expect(await (await browser.visit(browser.authorizeUrl(consent))).text()).toContain('AADSTS82014: ')
  })

  it('can be given only by an administrator if the control plane sets agentConsent to “admin”', async () => {
    await sendJson(entra, 'PATCH', '/emulator/settings', { agentConsent: 'admin' })
    const browser = new Browser(entra)
    const refused = returned(await browser.submit(browser.authorizeUrl(consent), { account: ada }))
    expect(refused).toMatchObject({ error: 'access_denied' })
    expect(refused['error_description']).toContain('AADSTS90094: ')
  })

  it('that an administrator gives is for all users', async () => {
    const query = new URLSearchParams({ client_id: agentId, scope, redirect_uri: address, state: 'state-1' })
    const url = `${entra.url}/${tenantId}/v2.0/adminconsent?${query}`
    const browser = new Browser(entra)
    expect(await (await browser.visit(url)).text()).toContain('Accept as Ada')
    expect(returned(await browser.submit(url, { cancel: '1' }))).toMatchObject({ error: 'access_denied' })
    expect(returned(await browser.submit(url, { account: ada }))).toEqual({
      admin_consent: 'True',
      tenant: tenantId,
      scope,
      state: 'state-1',
    })
    expect(await onBehalfOf(ben)).toHaveProperty('access_token')
  })
})
