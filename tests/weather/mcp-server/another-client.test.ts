import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  Browser,
  makeVerifier,
  readRedirect,
  redeem,
  redirectUri,
} from '../../../emulators/entra/src/testing/browser.ts'
import { requestToken, startEntra } from '../../../emulators/entra/src/testing/start-entra.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { findFreePort } from '../../support/ports.ts'
import { postJson } from '../../support/post-json.ts'
import { startWeatherOf } from '../weather-api/service.ts'
import { connectClient, revisions } from './clients.ts'

const { tenantId, agentId, weatherAppId, ada } = identities
/** Two clients that are no agents: one calls on behalf of users, the other as itself. */
const desktopAppId = '99999999-0000-4000-8000-000000000071'
const robotAppId = '99999999-0000-4000-8000-000000000072'
const publicUrl = `http://localhost:${await findFreePort()}/mcp`
const scope = `api://${weatherAppId}/Weather.Read`

// Steps 1 and 3 of “Connect another client” of docs/mcp.md.
const seed = {
  extends: 'demo',
  apps: {
    desktop: {
      id: desktopAppId,
      redirectUris: { spa: [redirectUri] },
      may: { 'weather-api': ['Weather.Read'] },
    },
    robot: { id: robotAppId, secret: 'robot-secret', may: { 'weather-api': ['Weather.Read.All'] } },
  },
}
const entra = await forFile(startEntra({}, seed))
entra.entra.directory.application(weatherAppId)?.identifierUris.push(publicUrl)
const weatherSettings = {
  PUBLIC_URL: publicUrl,
  WEATHER_ALLOWED_CALLERS: [agentId, desktopAppId, robotAppId].join(','),
}
await forFile(startWeatherOf(entra.url, weatherSettings, {}, Number(new URL(publicUrl).port)))

async function signIn(): Promise<string> {
  const browser = new Browser(entra)
  const { verifier, challenge } = makeVerifier()
  const proof = { code_challenge: challenge, code_challenge_method: 'S256' }
  const url = browser.authorizeUrl({ client_id: desktopAppId, scope, resource: publicUrl, ...proof })
  const { code = '' } = readRedirect(await browser.submit(url, { account: ada.oid }))
  const form = { client_id: desktopAppId, resource: publicUrl, code_verifier: verifier }
  return (await redeem(entra, code, form)).body.access_token
}

async function requestRobotToken(): Promise<string> {
  const { body } = await requestToken(entra, {
    client_id: robotAppId,
    client_secret: 'robot-secret',
    grant_type: 'client_credentials',
    scope: `api://${weatherAppId}/.default`,
  })
  return body.access_token
}

describe('Another client', () => {
  it('finds the authorization server, and the full form of the scope, from the URL alone', async () => {
    const { headers } = await fetch(publicUrl, { method: 'POST' })
    const [, address = ''] = /resource_metadata="([^"]+)"/.exec(headers.get('www-authenticate') ?? '') ?? []
    expect(await (await fetch(address)).json()).toMatchObject({
      resource: publicUrl,
      authorization_servers: [`${entra.url}/${tenantId}/v2.0`],
      scopes_supported: [scope],
    })
    const rest = await fetch(new URL('/weather', publicUrl))
    expect(rest.headers.get('www-authenticate')).toBe('Bearer realm="weather-api"')
  })

  it.each([
    ['that acts for a user', signIn, { flow: 'obo', caller: desktopAppId, on_behalf_of: ada.oid }],
    ['with a credential', requestRobotToken, { flow: 'autonomous', caller: robotAppId, on_behalf_of: null }],
  ])(
    '%s gets weather, although the token says that the client is no agent',
    async (_what, getToken, validated) => {
      const token = await getToken()
      expect(decodeJwt(token)).toMatchObject({ azp: validated.caller, xms_act_fct: '9 3' })
      for (const revision of revisions) {
        await using client = await connectClient(publicUrl, revision, token)
        const result = await client.callTool({ name: 'get_weather', arguments: { city: 'Dallas' } })
        expect(result).toMatchObject({ structuredContent: { city: 'Dallas' }, _meta: { validated } })
      }
    },
  )

  it('is refused by Entra if it asks for another spelling of the URL', async () => {
    const browser = new Browser(entra)
    const url = browser.authorizeUrl({ client_id: desktopAppId, scope, resource: `${publicUrl}/` })
    expect(readRedirect(await browser.visit(url))['error_description']).toMatch(/^AADSTS9010010: /)
  })

  it.each([
    ['it is not listed', { WEATHER_ALLOWED_CALLERS: '' }],
    ['all callers have to be agents', { WEATHER_REQUIRE_AGENT_MARKER: 'true' }],
  ])('is refused by the weather API if %s', async (_where, settings) => {
    await using strict = await startWeatherOf(entra.url, { ...weatherSettings, ...settings })
    for (const token of [await signIn(), await requestRobotToken()]) {
      const response = await postJson(`${strict.listeningOrigin}/mcp`, {}, { token })
      expect(response.status).toBe(403)
      expect(await response.json()).toMatchObject({ code: 'WEATHER_FORBIDDEN', failedCheck: 'caller' })
    }
  })
})
