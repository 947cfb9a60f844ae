import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { newServicePrincipal, type User } from '../directory/objects.ts'
import { seedIds } from '../directory/seed.ts'
import { ada, Browser } from '../testing/browser.ts'
import {
  requestCustomToken,
  requestT1,
  requestT2,
  requestTr,
  requestTrAsUser,
  t1Of,
} from '../testing/requests.ts'
import { agentId, blueprintAppId, startEntraForFile, tenantId, weatherAppId } from '../testing/start-entra.ts'

const entra = await startEntraForFile()
const { agentUser } = seedIds
const siblingId = 'bbbbbbbb-0000-4000-8000-0000000000bb'

/** Another agent of the blueprint, without any right. */
function addSibling() {
  const { content } = entra.entra.directory
  const agent = { id: siblingId, appId: siblingId, displayName: 'sibling', kind: 'agentIdentity' } as const
  content.servicePrincipals.push(newServicePrincipal({ ...agent, agentIdentityBlueprintId: blueprintAppId }))
}

function changeUser(change: Partial<User>) {
  Object.assign(entra.entra.directory.user(agentUser) ?? {}, change)
}

describe('T2', () => {
  it('is the agent’s own token for the token exchange, from the v2.0 issuer', async () => {
    const { body } = await requestT2(entra)
    const claims = decodeJwt(body.access_token)
    expect(claims).toMatchObject({
      aud: 'fb60f99c-7a34-4190-8149-302f77469936',
      iss: `${entra.url}/${tenantId}/v2.0`,
      azp: agentId,
      azpacr: '2',
      oid: agentId,
      sub: agentId,
      idtyp: 'app',
      xms_par_app_azp: blueprintAppId,
    })
    expect(claims['xms_sub_fct']).toBe('9 1 11')
  })

  it('is refused to a disabled agent, which still gets T1; once enabled again, the agent can use its earlier T1 and T2', async () => {
    const t1 = await t1Of(entra)
    const t2 = (await requestT2(entra)).body.access_token
    const agent = entra.entra.directory.principal(agentId)
    if (agent) agent.accountEnabled = false
    expect((await requestT1(entra)).status).toBe(200)
    for (const ask of [requestT2, requestTr])
      expect((await ask(entra, { client_assertion: t1 })).body).toMatchObject({
        error: 'unauthorized_client',
        error_codes: [7000112],
      })
    if (agent) agent.accountEnabled = true
    const assertions = { client_assertion: t1, user_federated_identity_credential: t2 }
    expect((await requestTrAsUser(entra, assertions)).status).toBe(200)
  })
})

describe('the token of an agent user', () => {
  it.each([
    ['object id', { user_id: agentUser }],
    ['name', { user_id: '', username: 'weather-agent@contoso.example' }],
    ['object id, with requested_token_use', { requested_token_use: 'on_behalf_of' }],
  ])('names the agent user as subject and the agent as actor, if requested by %s', async (_how, fields) => {
    const { body } = await requestTrAsUser(entra, fields)
    const claims = decodeJwt(body.access_token)
    expect(claims).toMatchObject({
      aud: weatherAppId,
      ver: '2.0',
      azp: agentId,
      azpacr: '2',
      oid: agentUser,
      preferred_username: 'weather-agent@contoso.example',
      scp: 'Weather.Read',
      idtyp: 'user',
      xms_par_app_azp: blueprintAppId,
    })
    expect(claims.sub).not.toBe(agentUser)
    expect(String(claims['xms_sub_fct']).split(' ')).toContain('13')
    expect(String(claims['xms_act_fct']).split(' ')).toContain('11')
    for (const absent of ['roles', 'sid', 'upn']) expect(claims).not.toHaveProperty(absent)
  })

  it('looks like an ordinary user’s token if the API asks for no optional claims, and has upn if the API asks for upn', async () => {
    const weather = entra.entra.directory.application(weatherAppId)
    const ask = async (...names: string[]) => {
      const accessToken = names.map(name => ({ name, essential: false, additionalProperties: [] }))
      if (weather) weather.optionalClaims = { accessToken, idToken: [] }
      return decodeJwt((await requestTrAsUser(entra)).body.access_token)
    }
    const plain = await ask()
    for (const absent of ['idtyp', 'xms_sub_fct', 'xms_act_fct', 'upn'])
      expect(plain).not.toHaveProperty(absent)
    expect(await ask('upn')).toHaveProperty('upn', 'weather-agent@contoso.example')
  })

  it('has in version 1.0 the user’s names but no authentication methods (amr)', async () => {
    const weather = entra.entra.directory.application(weatherAppId)
    if (weather) weather.api.requestedAccessTokenVersion = 1
    const claims = decodeJwt((await requestTrAsUser(entra)).body.access_token)
    expect(claims).toMatchObject({
      ver: '1.0',
      appid: agentId,
      appidacr: '2',
      oid: agentUser,
      upn: 'weather-agent@contoso.example',
      unique_name: 'weather-agent@contoso.example',
      name: 'Weather Agent',
    })
    expect(claims).not.toHaveProperty('amr')
  })

  it('comes with all that MSAL needs to cache it, and is renewed by its refresh token until the user is disabled', async () => {
    const { body } = await requestTrAsUser(entra)
    const info = JSON.parse(Buffer.from(body.client_info, 'base64url').toString())
    expect(info).toEqual({ uid: agentUser, utid: tenantId })
    expect(body.scope.split(' ')).toContain(`api://${weatherAppId}/.default`)
    expect(decodeJwt(body.id_token)).toMatchObject({ aud: agentId, oid: agentUser })
    const renew = async () =>
      requestTrAsUser(entra, { grant_type: 'refresh_token', refresh_token: body.refresh_token })
    expect(decodeJwt((await renew()).body.access_token)).toMatchObject({ azp: agentId, oid: agentUser })
    changeUser({ accountEnabled: false })
    expect((await renew()).body).toMatchObject({ error: 'invalid_grant', error_codes: [50057] })
  })
})

describe('consent for an agent user’s token', () => {
  it.each([
    ['for all users', { consentType: 'AllPrincipals', principalId: null }, []],
    ['for this user', { consentType: 'Principal', principalId: agentUser }, []],
    ['for another user', { consentType: 'Principal', principalId: ada }, [65001]],
    ['for a scope with a leading blank', { scope: ' Weather.Read' }, [65001]],
  ])('if given %s, leads to the error codes %3$j', async (_what, change, codes) => {
    const { content } = entra.entra.directory
    for (const grant of content.permissionGrants.filter(({ clientId }) => clientId === agentId))
      Object.assign(grant, change)
    expect((await requestTrAsUser(entra)).body.error_codes ?? []).toEqual(codes)
  })

  it('is not enough if the API requires an assignment: AADSTS50105', async () => {
    const weather = entra.entra.directory.principal(weatherAppId)
    if (weather) weather.appRoleAssignmentRequired = true
    expect((await requestTrAsUser(entra)).body).toMatchObject({
      error: 'invalid_grant',
      error_codes: [50105],
    })
  })
})

describe('a request for an agent user’s token', () => {
  // biome-ignore format: table
  const refused: [what: string, fields: () => Promise<Record<string, string>>, error: string, code: number][] = [
    ['with a user name as the id', async () => ({ user_id: 'weather-agent@contoso.example' }), 'server_error', 50000],
    ['for an unknown user', async () => ({ user_id: '', username: 'nobody@contoso.example' }), 'invalid_grant', 50034],
    ['without a user', async () => ({ user_id: '' }), 'invalid_request', 900144],
    ['without T2', async () => ({ user_federated_identity_credential: '' }), 'invalid_request', 900144],
    ['with T1 in the place of T2', async () => ({ user_federated_identity_credential: await t1Of(entra) }), 'invalid_grant', 50013],
    ['with a token for an API in the place of T2', async () => ({ user_federated_identity_credential: (await requestTr(entra)).body.access_token }), 'invalid_grant', 50013],
    ['with an expired T2', async () => ({ user_federated_identity_credential: await requestCustomToken(entra, { client: agentId, resource: 'api://AzureADTokenExchange', lifetimeSeconds: -1, claims: { aud: 'fb60f99c-7a34-4190-8149-302f77469936', azp: agentId } }) }), 'invalid_grant', 500133],
    ['with a secret in the place of T1', async () => ({ client_assertion: '', client_secret: 'blueprint-secret' }), 'invalid_client', 7000215],
    ['from the blueprint', async () => ({ client_id: blueprintAppId, client_assertion: '', client_secret: 'blueprint-secret' }), 'invalid_request', 82002],
  ]
  it.each(refused)('is refused if it is made %s', async (_what, fields, error, code) => {
    const { body } = await requestTrAsUser(entra, await fields())
    expect(body).toMatchObject({ error, error_codes: [code] })
  })

  it.each([
    ['an ordinary user', ada, agentId],
    ['the account of another agent', agentUser, siblingId],
  ])(
    'is refused if it names %s, by the emulator’s own text, as Entra’s is unknown',
    async (_what, user, parent) => {
      changeUser({ identityParentId: parent })
      const { body } = await requestTrAsUser(entra, { user_id: user })
      expect(body).toMatchObject({ error: 'invalid_client', error_codes: [7002137] })
      expect(body.error_description).toMatch(/^AADSTS7002137: Emulator: /)
    },
  )

  it('is refused if another agent of the blueprint sends it with this agent’s T1 or T2', async () => {
    addSibling()
    const own = { client_id: siblingId }
    const t1OfSibling = (await requestT1(entra, { fmi_path: siblingId })).body.access_token
    const t2 = (await requestT2(entra)).body.access_token
    const withForeignT1 = await requestTrAsUser(entra, { ...own, user_federated_identity_credential: t2 })
    expect(withForeignT1.body).toMatchObject({ error: 'invalid_client', error_codes: [7002137] })
    const withForeignT2 = await requestTrAsUser(entra, {
      client_id: siblingId,
      client_assertion: t1OfSibling,
      user_federated_identity_credential: t2,
    })
    expect(withForeignT2.body).toMatchObject({ error: 'invalid_grant', error_codes: [50013] })
  })
})

it('An agent user is not offered for signing in at a page', async () => {
  const browser = new Browser(entra)
  const response = await fetch(browser.authorizeUrl({ login_hint: 'weather-agent@contoso.example' }))
  const page = await response.text()
  expect(page).toContain('ada@contoso.example')
  expect(page).not.toContain('weather-agent@contoso.example')
})
