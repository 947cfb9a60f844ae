import type { AddressInfo } from 'node:net'
import { buildApp } from '@entra-agents/weather-api/app'
import { readConfig } from '@entra-agents/weather-api/config'
import type { FastifyInstance } from 'fastify'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newApplication, newServicePrincipal } from '../../../emulators/entra/src/directory/objects.ts'
import {
  Browser,
  makeVerifier,
  readRedirect,
  redeem,
  redirectUri,
} from '../../../emulators/entra/src/testing/browser.ts'
import { seedIds } from '../../../emulators/entra/src/testing/seed-ids.ts'
import {
  requestToken,
  startEntra,
  type TestEntra,
  tenantId,
} from '../../../emulators/entra/src/testing/start-entra.ts'
import { identities } from '../../support/identities.ts'
import { findFreePort } from '../../support/ports.ts'
import { connectClient, revisions } from './clients.ts'

const { agentId, weatherAppId, ada } = identities
/** Two clients that are no agents: one calls on behalf of users, the other as itself. */
const desktopAppId = '99999999-0000-4000-8000-000000000071'
const robotAppId = '99999999-0000-4000-8000-000000000072'
const robotPrincipal = '99999999-0000-4000-8000-000000000073'
/** The checks of a token whose client may not call. */
const untilCaller = ['signature', 'issuer', 'tenant', 'audience', 'lifetime', 'caller'].map(name => ({
  name,
  ok: name !== 'caller',
}))
const robotSecret = 'robot-secret'

interface Metadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly scopes_supported: readonly string[]
}

/** Follows “Connect another client” of docs/mcp.md, from the URL and the client’s id alone. */
describe('another client', () => {
  let entra: TestEntra
  let weather: FastifyInstance
  let publicUrl: string

  beforeAll(async () => {
    entra = await startEntra()
    publicUrl = `http://localhost:${await findFreePort()}/mcp`
    registerClients(entra, publicUrl)
    weather = await startWeather()
  })
  afterAll(async () => {
    await weather.close()
    await entra.close()
  })

  /** Starts the weather API: at the public URL or, with `settings`, at any free port. */
  async function startWeather(settings?: Readonly<Record<string, string>>): Promise<FastifyInstance> {
    const env = {
      LOG_LEVEL: 'silent',
      TENANT_ID: tenantId,
      WEATHER_API_APP_ID: weatherAppId,
      AGENT_CLIENT_ID: agentId,
      ENTRA_AUTHORITY: entra.url,
      WEATHER_PROVIDER: 'climate-normals',
      PUBLIC_URL: publicUrl,
      WEATHER_ALLOWED_CALLERS: [agentId, desktopAppId, robotAppId].join(','),
    }
    const app = await buildApp(readConfig({ ...env, ...settings }))
    await app.listen({ host: 'localhost', port: settings ? 0 : Number(new URL(publicUrl).port) })
    return app
  }

  /** The metadata to which the refusal of a request without a token points. */
  async function discover(): Promise<Metadata> {
    const refused = await fetch(publicUrl, { method: 'POST' })
    const [, address] =
      /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? []
    const response = await fetch(address ?? '')
    return JSON.parse(await response.text())
  }

  async function signIn({ resource, scopes_supported: [scope = ''] }: Metadata): Promise<string> {
    const browser = new Browser(entra)
    const { verifier, challenge } = makeVerifier()
    const url = browser.authorizeUrl({
      client_id: desktopAppId,
      scope,
      resource,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    const { code = '' } = readRedirect(await browser.submit(url, { account: ada.oid }))
    const { body } = await redeem(entra, code, { client_id: desktopAppId, resource, code_verifier: verifier })
    return body.access_token
  }

  async function requestRobotToken(): Promise<string> {
    const { body } = await requestToken(entra, {
      client_id: robotAppId,
      client_secret: robotSecret,
      grant_type: 'client_credentials',
      scope: `api://${weatherAppId}/.default`,
    })
    return body.access_token
  }

  async function ask(token: string): Promise<unknown[]> {
    return await Promise.all(
      revisions.map(async revision => {
        const client = await connectClient(publicUrl, revision, token)
        const result = await client.callTool({ name: 'get_weather', arguments: { city: 'Dallas' } })
        await client.close()
        return result
      }),
    )
  }

  it('finds the authorization server, and the full form of the scope', async () => {
    expect(await discover()).toMatchObject({
      resource: publicUrl,
      authorization_servers: [`${entra.url}/${tenantId}/v2.0`],
      scopes_supported: [`api://${weatherAppId}/Weather.Read`],
    })
  })

  it('that acts for a user gets weather for that user, although the token says that the client is no agent', async () => {
    const token = await signIn(await discover())
    expect(decodeJwt(token)).toMatchObject({ aud: weatherAppId, azp: desktopAppId, xms_act_fct: '9 3' })
    const validated = { flow: 'obo', caller: desktopAppId, on_behalf_of: ada.oid, signature_verified: true }
    for (const result of await ask(token))
      expect(result).toMatchObject({ structuredContent: { city: 'Dallas' }, _meta: { validated } })
  })

  it('with a credential gets weather for itself', async () => {
    const token = await requestRobotToken()
    expect(decodeJwt(token)).toMatchObject({ azp: robotAppId, oid: robotPrincipal, xms_act_fct: '9 3' })
    const validated = { flow: 'autonomous', caller: robotAppId, on_behalf_of: null }
    for (const result of await ask(token)) expect(result).toMatchObject({ _meta: { validated } })
  })

  it('is refused by Entra if it asks for another spelling of the URL', async () => {
    const browser = new Browser(entra)
    const {
      scopes_supported: [scope = ''],
    } = await discover()
    const url = browser.authorizeUrl({ client_id: desktopAppId, scope, resource: `${publicUrl}/` })
    expect(readRedirect(await browser.visit(url))['error_description']).toMatch(/^AADSTS9010010: /)
  })

  it.each([
    ['it is not listed', { WEATHER_ALLOWED_CALLERS: '' }],
    ['all callers have to be agents', { WEATHER_REQUIRE_AGENT_MARKER: 'true' }],
  ])('is refused by the weather API if %s', async (_where, settings) => {
    const strict = await startWeather(settings)
    const { port } = strict.server.address() as AddressInfo
    for (const token of [await signIn(await discover()), await requestRobotToken()]) {
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(`http://localhost:${port}/mcp`, { method: 'POST', headers })
      expect(response.status).toBe(403)
      expect(await response.json()).toMatchObject({
        code: 'WEATHER_FORBIDDEN',
        failedCheck: 'caller',
        checks: untilCaller,
      })
    }
    await strict.close()
  })
})

/** Steps 1 and 3 of the guide: the public URL as a further Application ID URI, and the clients with their rights. */
function registerClients({ entra: { directory } }: TestEntra, publicUrl: string): void {
  const { content } = directory
  const api = directory.application(weatherAppId)
  if (api) api.identifierUris = [...api.identifierUris, publicUrl]
  content.applications.push(
    newApplication({
      appId: desktopAppId,
      displayName: 'Desktop client',
      spa: { redirectUris: [redirectUri] },
    }),
    newApplication({
      appId: robotAppId,
      displayName: 'Robot',
      passwordCredentials: [
        {
          keyId: 'robot',
          displayName: null,
          startDateTime: '2026-01-01T00:00:00Z',
          endDateTime: '2999-01-01T00:00:00Z',
          secretText: robotSecret,
        },
      ],
    }),
  )
  content.servicePrincipals.push(
    newServicePrincipal({ id: desktopAppId, appId: desktopAppId, displayName: 'Desktop client' }),
    newServicePrincipal({ id: robotPrincipal, appId: robotAppId, displayName: 'Robot' }),
  )
  directory.grant({
    clientId: desktopAppId,
    consentType: 'AllPrincipals',
    principalId: null,
    resourceId: seedIds.weatherPrincipal,
    scope: 'Weather.Read',
  })
  content.appRoleAssignments.push({
    id: 'robot',
    principalId: robotPrincipal,
    resourceId: seedIds.weatherPrincipal,
    appRoleId: seedIds.weatherReadAllRole,
    createdDateTime: '2026-01-01T00:00:00Z',
  })
}
