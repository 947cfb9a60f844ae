import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  ada,
  Browser,
  ben,
  makeVerifier,
  pageOrigin,
  readRedirect,
  redeem,
  signIn,
} from '../testing/browser.ts'
import {
  blueprintAppId,
  requestToken,
  spaAppId,
  startEntraForFile,
  tenantId,
} from '../testing/start-entra.ts'

const entra = await startEntraForFile()

const { verifier, challenge } = makeVerifier()
const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }

describe('redeeming a code', () => {
  async function freshCode(parameters: Record<string, string> = pkce): Promise<string> {
    const browser = new Browser(entra)
    return (
      readRedirect(await browser.submit(browser.authorizeUrl(parameters), { account: ada }))['code'] ?? ''
    )
  }

  it('gives the page a token for the blueprint, an ID token with the page’s nonce and a refresh token, in a response that the page may read', async () => {
    const { status, body, headers } = await redeem(entra, await freshCode(), { code_verifier: verifier })
    expect(status).toBe(200)
    expect(headers.get('access-control-allow-origin')).toBe(pageOrigin)
    expect(headers.get('cache-control')).toContain('no-store')
    expect(body).toMatchObject({
      token_type: 'Bearer',
      scope: `api://${blueprintAppId}/access_as_user`,
      refresh_token: expect.any(String),
      client_info: Buffer.from(JSON.stringify({ uid: ada, utid: tenantId })).toString('base64url'),
    })
    const keys = createRemoteJWKSet(new URL(`${entra.url}/${tenantId}/discovery/v2.0/keys`))
    const issuer = `${entra.url}/${tenantId}/v2.0`
    const { payload: tc } = await jwtVerify(body.access_token, keys, { issuer, audience: blueprintAppId })
    expect(tc).toMatchObject({ azp: spaAppId, azpacr: '0', scp: 'access_as_user', oid: ada, idtyp: 'user' })
    const { payload: id } = await jwtVerify(body.id_token, keys, { issuer, audience: spaAppId })
    expect(id).toMatchObject({
      nonce: 'the-nonce',
      oid: ada,
      tid: tenantId,
      preferred_username: 'ada@contoso.example',
      name: 'Ada Osei',
    })
    expect(id.sub).not.toBe(tc.sub)
    expect(id.sub).not.toBe(ada)
  })

  it('works only once', async () => {
    const code = await freshCode()
    await redeem(entra, code, { code_verifier: verifier })
    const second = await redeem(entra, code, { code_verifier: verifier })
    expect(second.body).toMatchObject({ error: 'invalid_grant', error_codes: [54005] })
    expect(second.headers.get('access-control-allow-origin')).toBe(pageOrigin)
  })

  it('needs the PKCE verifier that belongs to the code', async () => {
    const wrong = await redeem(entra, await freshCode(), { code_verifier: makeVerifier().verifier })
    expect(wrong.body.error_codes).toEqual([501481])
    const missing = await redeem(entra, await freshCode())
    expect(missing.body.error_codes).toEqual([900144])
    const without = await redeem(entra, await freshCode({}), { code_verifier: verifier })
    expect(without.body.error_codes).toEqual([9002325])
  })

  it('is refused ten minutes after the code was issued', async () => {
    const code = await freshCode()
    entra.entra.settings.change({ clockOffsetSeconds: 601 })
    const { body } = await redeem(entra, code, { code_verifier: verifier })
    expect(body).toMatchObject({ error: 'invalid_grant', error_codes: [70008] })
  })

  it('works only from a page of the registered origin, and without a client secret', async () => {
    const code = await freshCode()
    const fields = { code_verifier: verifier }
    expect((await redeem(entra, code, fields, {})).body.error_codes).toEqual([9002327])
    const foreign = await redeem(entra, code, fields, { origin: 'https://evil.example' })
    expect(foreign.body.error_codes).toEqual([9002326])
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
    expect((await redeem(entra, code, { ...fields, client_secret: 'x' })).body.error_codes).toEqual([700025])
  })

  it('is refused if the code was never issued', async () => {
    const { status, body } = await redeem(entra, 'made-up', { code_verifier: verifier })
    expect(status).toBe(400)
    expect(body).toMatchObject({ error: 'invalid_grant', error_codes: [9002313] })
  })

  it('is allowed by the response to a preflight request', async () => {
    const response = await fetch(`${entra.url}/${tenantId}/oauth2/v2.0/token`, {
      method: 'OPTIONS',
      headers: { origin: pageOrigin, 'access-control-request-method': 'POST' },
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe(pageOrigin)
  })
})

describe('a refresh token', () => {
  async function refresh(token: string, fields: Record<string, string> = {}) {
    return requestToken(
      entra,
      { client_id: spaAppId, grant_type: 'refresh_token', refresh_token: token, ...fields },
      { origin: pageOrigin },
    )
  }

  it('gives new tokens for the same user, again and again', async () => {
    const { body } = await signIn(entra, ben)
    for (let round = 0; round < 2; round++) {
      const renewed = await refresh(body.refresh_token)
      expect(decodeJwt(renewed.body.access_token)).toMatchObject({ oid: ben, scp: 'access_as_user' })
      expect(renewed.body.scope).toBe(`api://${blueprintAppId}/access_as_user`)
    }
  })

  it('of a page expires after a day', async () => {
    const { body } = await signIn(entra, ben)
    expect(body.refresh_token_expires_in).toBe(86_400)
    entra.entra.settings.change({ clockOffsetSeconds: 86_401 })
    expect((await refresh(body.refresh_token)).body).toMatchObject({
      error: 'invalid_grant',
      error_codes: [700084],
      suberror: 'bad_token',
    })
  })

  it('gives no token for further scopes without consent', async () => {
    const { body } = await signIn(entra, ben)
    const { body: refused } = await refresh(body.refresh_token, { scope: 'User.Read' })
    expect(refused).toMatchObject({
      error: 'invalid_grant',
      suberror: 'consent_required',
      error_codes: [65001],
    })
  })
})
