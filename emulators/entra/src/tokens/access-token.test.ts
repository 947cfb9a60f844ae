import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { ada, signIn } from '../testing/browser.ts'
import { requestObo, requestTr, sendJson, t1Of } from '../testing/requests.ts'
import { agentId, blueprintAppId, startEntraForFile, tenantId, weatherAppId } from '../testing/start-entra.ts'
import { encodeGuid } from './opaque.ts'

const entra = await startEntraForFile()

const agentClaims = ['xms_act_fct', 'xms_sub_fct', 'xms_par_app_azp', 'xms_idrel', 'xms_tnt_fct', 'idtyp']

async function requestTrClaims() {
  return decodeJwt((await requestTr(entra)).body.access_token)
}

describe('an access token', () => {
  it('has version 1.0 and the requested audience for an API that does not ask for version 2.0', async () => {
    const weather = entra.entra.directory.application(weatherAppId)
    if (weather) weather.api.requestedAccessTokenVersion = null
    const claims = await requestTrClaims()
    expect(claims).toMatchObject({
      aud: `api://${weatherAppId}`,
      iss: `https://sts.windows.net/${tenantId}/`,
      ver: '1.0',
      appid: agentId,
      appidacr: '2',
      oid: agentId,
      sub: agentId,
      idp: `https://sts.windows.net/${tenantId}/`,
    })
    expect(claims).not.toHaveProperty('azp')
    const obo = decodeJwt(
      (await requestObo(entra, (await signIn(entra, ada)).body.access_token)).body.access_token,
    )
    expect(obo).toMatchObject({
      ver: '1.0',
      appid: agentId,
      upn: 'ada@contoso.example',
      unique_name: 'ada@contoso.example',
      scp: 'Weather.Read Alerts.ReadWrite',
    })
  })

  it('has no claims about agents unless the API asks for the optional claims', async () => {
    const weather = entra.entra.directory.application(weatherAppId)
    if (weather) weather.optionalClaims = { accessToken: [], idToken: [] }
    const claims = await requestTrClaims()
    for (const name of agentClaims) expect(claims).not.toHaveProperty(name)
    expect(claims).toMatchObject({ azp: agentId, roles: ['Weather.Read.All'] })
  })

  it('on behalf of a user has no idtyp if the API asks for idtyp without include_user_token', async () => {
    const weather = entra.entra.directory.application(weatherAppId)
    if (weather)
      weather.optionalClaims = {
        accessToken: [{ name: 'idtyp', essential: false, additionalProperties: [] }],
        idToken: [],
      }
    const tc = (await signIn(entra, ada)).body.access_token
    expect(await requestTrClaims()).toMatchObject({ idtyp: 'app' })
    expect(decodeJwt((await requestObo(entra, tc)).body.access_token)).not.toHaveProperty('idtyp')
  })

  it('names its key in kid and x5t, lasts about an hour and is backdated by five minutes', async () => {
    const jwt = (await requestTr(entra)).body.access_token
    const { kid, x5t, alg, typ } = decodeProtectedHeader(jwt)
    expect({ x5t, alg, typ }).toEqual({ x5t: kid, alg: 'RS256', typ: 'JWT' })
    const { iat = 0, nbf, exp = 0 } = decodeJwt(jwt)
    expect(nbf).toBe(iat)
    expect(exp - iat).toBe(3_599 + 300)
  })
})

describe('the exchange token T1', () => {
  it('encodes tenant and blueprint into its subject as .NET writes GUIDs', async () => {
    expect(encodeGuid('00112233-4455-6677-8899-aabbccddeeff')).toBe(
      Buffer.from('33221100554477668899aabbccddeeff', 'hex').toString('base64url'),
    )
    const { sub } = decodeJwt(await t1Of(entra))
    expect(sub).toBe(`/eid1/c/pub/t/${encodeGuid(tenantId)}/a/${encodeGuid(blueprintAppId)}/${agentId}`)
  })
})

describe('the lifetime of tokens', () => {
  it('follows the setting; a response with a long-lived token has refresh_in', async () => {
    await sendJson(entra, 'PATCH', '/emulator/settings', { tokenLifetimeSeconds: 10_800 })
    expect((await requestTr(entra)).body).toMatchObject({ expires_in: 10_800, refresh_in: 5_400 })
    await sendJson(entra, 'PATCH', '/emulator/settings', { tokenLifetimeSeconds: 60 })
    const { body } = await requestTr(entra)
    expect(body).toMatchObject({ expires_in: 60, ext_expires_in: 60 })
    expect(body).not.toHaveProperty('refresh_in')
  })
})
