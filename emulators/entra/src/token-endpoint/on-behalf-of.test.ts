import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { seedIds } from '../directory/seed.ts'
import { ada, ben, signIn } from '../testing/browser.ts'
import { requestCustomToken, requestObo } from '../testing/requests.ts'
import {
  agentId,
  blueprintAppId,
  requestToken,
  spaAppId,
  startEntraForFile,
  weatherAppId,
} from '../testing/start-entra.ts'

const entra = await startEntraForFile()

async function tcOf(user: string): Promise<string> {
  return (await signIn(entra, user)).body.access_token
}

/** Ada's token for the blueprint (Tc), issued to the page without a sign-in, with these changes. */
function requestTc(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return requestCustomToken(entra, {
    client: spaAppId,
    resource: `api://${blueprintAppId}`,
    user: ada,
    scopes: ['access_as_user'],
    ...changes,
  })
}

describe('on-behalf-of', () => {
  it.each([
    ['Ada', ada, 'Weather.Read Alerts.ReadWrite'],
    ['Ben', ben, 'Weather.Read'],
  ])(
    'for the user %s gives the agent a token with the user as subject and the agent as actor',
    async (_name, user, scp) => {
      const { status, body } = await requestObo(entra, await tcOf(user))
      expect(status).toBe(200)
      const claims = decodeJwt(body.access_token)
      expect(claims).toMatchObject({
        aud: weatherAppId,
        azp: agentId,
        azpacr: '2',
        oid: user,
        scp,
        idtyp: 'user',
        ver: '2.0',
        xms_par_app_azp: blueprintAppId,
      })
      expect(claims).not.toHaveProperty('roles')
      expect(String(claims['xms_act_fct']).split(' ')).toContain('11')
      expect(String(claims['xms_sub_fct']).split(' ')).not.toContain('11')
    },
  )

  it('returns /.default among the granted scopes, since the sidecar finds cached tokens by the requested scope', async () => {
    const { body } = await requestObo(entra, await tcOf(ada))
    expect(body.scope.split(' ')).toEqual([
      `api://${weatherAppId}/Weather.Read`,
      `api://${weatherAppId}/Alerts.ReadWrite`,
      `api://${weatherAppId}/.default`,
    ])
    expect(body).toMatchObject({
      id_token: expect.any(String),
      refresh_token: expect.any(String),
      client_info: expect.any(String),
    })
  })

  it('grants single scopes too', async () => {
    const scope = `api://${weatherAppId}/Weather.Read`
    const { body } = await requestObo(entra, await tcOf(ada), { scope })
    expect(body.scope).toBe(scope)
    expect(body).not.toHaveProperty('refresh_token')
    expect(body).not.toHaveProperty('id_token')
    expect(decodeJwt(body.access_token)['scp']).toBe('Weather.Read')
  })

  it('refuses a single scope that lacks consent with AADSTS65001, but grants /.default', async () => {
    const scope = `api://${weatherAppId}/Alerts.ReadWrite`
    const ofAda = await requestObo(entra, await tcOf(ada), { scope })
    expect(decodeJwt(ofAda.body.access_token)['scp']).toBe('Alerts.ReadWrite')
    const tcOfBen = await tcOf(ben)
    expect((await requestObo(entra, tcOfBen, { scope })).body.error_codes).toEqual([65001])
    expect((await requestObo(entra, tcOfBen)).status).toBe(200)
  })

  it('gives the agent a refresh token for further tokens', async () => {
    const { body } = await requestObo(entra, await tcOf(ben))
    const renewed = await requestObo(entra, '', {
      grant_type: 'refresh_token',
      refresh_token: body.refresh_token,
    })
    expect(decodeJwt(renewed.body.access_token)).toMatchObject({ azp: agentId, oid: ben })
  })

  it('gives the user a different sub for every application', async () => {
    const tc = await tcOf(ada)
    const { body } = await requestObo(entra, tc)
    const subjects = [tc, body.access_token, body.id_token].map(jwt => decodeJwt(jwt).sub)
    expect(new Set(subjects).size).toBe(3)
    expect(decodeJwt((await requestObo(entra, tc)).body.access_token).sub).toBe(subjects[1])
  })
})

describe('a token that cannot be used for on-behalf-of', () => {
  // biome-ignore format: table
  const refused: [what: string, make: () => Promise<string>, code: number][] = [
    ['for another API', () => requestTc({ resource: 'https://graph.microsoft.com' }), 50013],
    ['for the weather API', () => requestTc({ resource: weatherAppId, scopes: ['Weather.Read'] }), 50013],
    ['with a spoilt signature', async () => `${(await requestTc()).slice(0, -8)}AAAAAAAA`, 50013],
    ['of another issuer', () => requestTc({ claims: { iss: 'https://idp.example' } }), 50013],
    ['that expired', () => requestTc({ lifetimeSeconds: -1 }), 500133],
    ['of an application', () => requestCustomToken(entra, { client: spaAppId, resource: `api://${blueprintAppId}` }), 7000114],
    ['of a user who was deleted', () => requestTc({ claims: { oid: 'eeeeeeee-0000-4000-8000-0000000000ff' } }), 50034],
  ]
  it.each(refused)('(a token %s) is refused with invalid_grant', async (_what, make, code) => {
    const { status, body } = await requestObo(entra, await make())
    expect(status).toBe(400)
    expect(body).toMatchObject({ error: 'invalid_grant', error_codes: [code] })
  })

  it('is refused with AADSTS50027 when it is no JWT', async () => {
    expect((await requestObo(entra, 'garbage')).body.error_codes).toEqual([50027])
  })

  it('(a token for another application) is refused with AADSTS500131 if the blueprint itself presents the token', async () => {
    const { body } = await requestToken(entra, {
      client_id: blueprintAppId,
      client_secret: 'blueprint-secret',
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      requested_token_use: 'on_behalf_of',
      scope: `api://${weatherAppId}/.default`,
      assertion: await requestTc({ resource: 'https://graph.microsoft.com' }),
    })
    expect(body).toMatchObject({ error: 'invalid_grant', error_codes: [500131] })
  })
})

describe('permission for on-behalf-of', () => {
  it('is missing without a grant to this agent: AADSTS65001, consent_required', async () => {
    const tc = await tcOf(ada)
    const { content } = entra.entra.directory
    content.permissionGrants = content.permissionGrants.filter(grant => grant.clientId !== agentId)
    const { status, body } = await requestObo(entra, tc)
    expect(status).toBe(400)
    expect(body).toMatchObject({
      error: 'invalid_grant',
      suberror: 'consent_required',
      error_codes: [65001],
    })
    expect(body.error_description).toContain(agentId)
  })

  it('is missing for a scope that the grant does not contain: AADSTS65001', async () => {
    const { body } = await requestObo(entra, await tcOf(ada), {
      scope: `api://${weatherAppId}/Weather.Write`,
    })
    expect(body.error_codes).toEqual([65001])
  })

  it('can be granted by one user, and then does not hold for other users', async () => {
    const [tcOfAda, tcOfBen] = [await tcOf(ada), await tcOf(ben)]
    const { content } = entra.entra.directory
    for (const grant of content.permissionGrants.filter(({ clientId }) => clientId === agentId))
      Object.assign(grant, { consentType: 'Principal', principalId: ada })
    expect((await requestObo(entra, tcOfAda)).status).toBe(200)
    expect((await requestObo(entra, tcOfBen)).body.error_codes).toEqual([65001])
  })

  it('is not enough if the API requires an assignment and the user has no app role: AADSTS50105', async () => {
    const tc = await tcOf(ada)
    const weather = entra.entra.directory.principal(weatherAppId)
    if (weather) weather.appRoleAssignmentRequired = true
    const { body } = await requestObo(entra, tc)
    expect(body).toMatchObject({ error: 'invalid_grant', error_codes: [50105] })
    entra.entra.directory.content.appRoleAssignments.push({
      id: 'ada-reads-weather',
      principalId: ada,
      resourceId: seedIds.weatherPrincipal,
      appRoleId: seedIds.weatherReadAllRole,
      createdDateTime: new Date().toISOString(),
    })
    const { body: allowed } = await requestObo(entra, tc)
    expect(decodeJwt(allowed.access_token)).toMatchObject({
      roles: ['Weather.Read.All'],
      scp: 'Weather.Read Alerts.ReadWrite',
    })
  })
})
