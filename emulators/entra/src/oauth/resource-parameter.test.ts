import { beforeEach, describe, expect, it } from 'vitest'
import { ada, Browser, makeVerifier, readRedirect, redeem, signIn } from '../testing/browser.ts'
import { requestObo, requestTr } from '../testing/requests.ts'
import {
  blueprintAppId,
  requestToken,
  spaAppId,
  startEntraForFile,
  weatherAppId,
} from '../testing/start-entra.ts'

const blueprintUrl = 'https://agent.example/mcp'
const weatherUrl = 'https://weather.example/mcp'

const entra = await startEntraForFile()
beforeEach(() => {
  addUri(blueprintAppId, blueprintUrl)
  addUri(weatherAppId, weatherUrl)
})

function addUri(appId: string, uri: string): void {
  const application = entra.entra.directory.application(appId)
  if (application) application.identifierUris = [...application.identifierUris, uri]
}

const { verifier, challenge } = makeVerifier()
const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
const text =
  /^AADSTS9010010: The resource parameter provided in the request doesn't match with the requested scopes\./
const refusal = {
  status: 400,
  body: { error: 'invalid_target', error_codes: [9010010], error_description: expect.stringMatching(text) },
}

/** Values of `resource` that are no Application ID URI of the blueprint, although its scope is requested. */
const wrong = [
  `${blueprintUrl}/`,
  'https://agent.example/MCP',
  'https://agent.example',
  'https://elsewhere.example/mcp',
  weatherUrl,
  `api://${weatherAppId}`,
  blueprintAppId,
]

describe('a resource (RFC 8707)', () => {
  it.each([`api://${blueprintAppId}`, blueprintUrl, ''])(
    'changes nothing if it is an Application ID URI of the API in the scope, or empty: “%s”',
    async resource => {
      expect((await signIn(entra, ada, { resource })).status).toBe(200)
    },
  )

  it.each(wrong)('with a wrong value makes Entra return invalid_target to the page: %s', async resource => {
    const browser = new Browser(entra)
    const response = await browser.visit(browser.authorizeUrl({ ...pkce, resource }))
    expect(readRedirect(response)).toMatchObject({
      error: 'invalid_target',
      error_description: expect.stringMatching(text),
      state: 'the-state|with=signs',
    })
  })

  it('is refused if only scopes of OpenID Connect are requested, since these are for Microsoft Graph', async () => {
    const browser = new Browser(entra)
    const url = browser.authorizeUrl({ ...pkce, scope: 'openid profile', resource: blueprintUrl })
    expect(readRedirect(await browser.visit(url))).toMatchObject({ error: 'invalid_target' })
  })

  it('with a wrong value is refused when a code is redeemed or a token is refreshed', async () => {
    const browser = new Browser(entra)
    const { code = '' } = readRedirect(await browser.submit(browser.authorizeUrl(pkce), { account: ada }))
    const resource = `${blueprintUrl}/`
    expect(await redeem(entra, code, { code_verifier: verifier, resource })).toMatchObject(refusal)
    const { body } = await signIn(entra, ada)
    const refresh = (fields: Readonly<Record<string, string>>) =>
      requestToken(
        entra,
        { client_id: spaAppId, grant_type: 'refresh_token', refresh_token: body.refresh_token, ...fields },
        { origin: 'http://localhost:3001' },
      )
    expect(await refresh({ resource })).toMatchObject(refusal)
    expect(await refresh({ resource: blueprintUrl })).toMatchObject({ status: 200 })
  })

  it('with a wrong value is refused when an application requests a token, as itself or on behalf of a user', async () => {
    const tc = (await signIn(entra, ada)).body.access_token
    for (const resource of [`${weatherUrl}/`, blueprintUrl, weatherAppId]) {
      expect(await requestTr(entra, { resource })).toMatchObject(refusal)
      expect(await requestObo(entra, tc, { resource })).toMatchObject(refusal)
    }
    expect(await requestTr(entra, { resource: weatherUrl })).toMatchObject({ status: 200 })
    expect(await requestObo(entra, tc, { resource: weatherUrl })).toMatchObject({ status: 200 })
  })
})
