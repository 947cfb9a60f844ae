import { beforeEach, expect, it } from 'vitest'
import { ada, Browser, ben, readRedirect, signIn } from '../testing/browser.ts'
import { describeVisits } from '../testing/describe-responses.ts'
import { requestObo } from '../testing/requests.ts'
import { agentId, startEntraForFile, tenantId, weatherAppId } from '../testing/start-entra.ts'

const entra = await startEntraForFile()
const redirect_uri = 'http://localhost:3001/auth/consent.html'
const scope = `api://${weatherAppId}/Weather.Read`
const consentQuery = {
  client_id: agentId,
  response_type: 'none',
  response_mode: 'query',
  redirect_uri,
  scope,
}

function takeConsentBack() {
  const { content } = entra.entra.directory
  content.permissionGrants = content.permissionGrants.filter(({ clientId }) => clientId !== agentId)
}
beforeEach(takeConsentBack)

const onBehalfOf = async (user: string) =>
  (await requestObo(entra, (await signIn(entra, user)).body.access_token, { scope })).body

it('consent for an agent is recorded for the user, and only the state is sent back', async () => {
  expect(await onBehalfOf(ada)).toMatchObject({ error_codes: [65001], suberror: 'consent_required' })
  const browser = new Browser(entra)
  expect(await (await browser.answer({}, consentQuery)).text()).toContain('Weather.Read')
  const done = await browser.answer({ consent: 'accept' }, consentQuery)
  expect(done.headers.get('location')).toBe(`${redirect_uri}?state=the-state%7Cwith%3Dsigns`)
  expect(await onBehalfOf(ada)).toHaveProperty('access_token')
  expect(await onBehalfOf(ben)).toMatchObject({ error_codes: [65001] })
  expect((await browser.open(consentQuery)).headers.get('location')).toMatch(redirect_uri)
})

it('consent for an agent that is refused or impossible is reported to the redirect URI, or on a page', async () => {
  const signInWith = (agentConsent: 'admin' | 'refused', account = ada) => {
    takeConsentBack()
    entra.entra.settings.change({ agentConsent })
    return new Browser(entra).answer({ account }, consentQuery)
  }
  const open = (parameters: object) => () => new Browser(entra).open({ ...consentQuery, ...parameters })
  const visits = describeVisits(entra, {
    'the user refuses': async () => {
      const browser = new Browser(entra)
      await browser.answer({}, consentQuery)
      return browser.answer({ cancel: '1' }, consentQuery)
    },
    'an address that is not the blueprint’s': open({
      redirect_uri: 'http://localhost:3001/auth/redirect.html',
    }),
    'a request for a code': open({ response_type: 'code' }),
    'the control plane sets agentConsent to “refused”': () => signInWith('refused'),
    'the control plane sets agentConsent to “admin”': () => signInWith('admin'),
  })
  await expect(await visits).toMatchFileSnapshot('agent-consent.txt')
})

it('consent that an administrator gives is for all users', async () => {
  const query = new URLSearchParams({ client_id: agentId, scope, redirect_uri, state: 'state-1' })
  const url = `${entra.url}/${tenantId}/v2.0/adminconsent?${query}`
  const browser = new Browser(entra)
  expect(await (await browser.visit(url)).text()).toContain('Accept as Ada')
  expect(readRedirect(await browser.submit(url, { cancel: '1' }))).toMatchObject({ error: 'access_denied' })
  const parameters = { admin_consent: 'True', tenant: tenantId, scope, state: 'state-1' }
  expect(readRedirect(await browser.submit(url, { account: ada }))).toEqual(parameters)
  expect(await onBehalfOf(ben)).toHaveProperty('access_token')
})
