import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import {
  ada,
  Browser,
  ben,
  makeVerifier,
  pageOrigin,
  readRedirect,
  redeem,
  redirectUri,
  refresh,
  signIn,
} from '../testing/browser.ts'
import { describeResponses } from '../testing/describe-responses.ts'
import {
  blueprintAppId,
  requestToken,
  setupAppId,
  startEntraForFile,
  tenantId,
} from '../testing/start-entra.ts'

const entra = await startEntraForFile()

async function freshCode(parameters: Record<string, string | undefined> = {}): Promise<string> {
  return readRedirect(await new Browser(entra).answer({}, parameters))['code'] ?? ''
}

it('a code gives the page tokens for the blueprint, in a response that the page may read', async () => {
  const { status, body, headers } = await redeem(entra, await freshCode())
  expect(status).toBe(200)
  expect(headers.get('access-control-allow-origin')).toBe(pageOrigin)
  expect(headers.get('cache-control')).toContain('no-store')
  const { access_token, id_token, refresh_token, ...rest } = body
  expect(rest).toEqual({
    token_type: 'Bearer',
    expires_in: 3_599,
    ext_expires_in: 3_599,
    scope: `api://${blueprintAppId}/access_as_user`,
    refresh_token_expires_in: 86_400,
    client_info: Buffer.from(JSON.stringify({ uid: ada, utid: tenantId })).toString('base64url'),
  })
  expect(decodeJwt(access_token).sub).not.toBe(decodeJwt(id_token).sub)
})

it('the page may read refusals too, and a page of another origin no response', async () => {
  const allowedOrigin = async (origin: string) =>
    (await redeem(entra, 'made-up', {}, { origin })).headers.get('access-control-allow-origin')
  expect(await allowedOrigin(pageOrigin)).toBe(pageOrigin)
  expect(await allowedOrigin('https://evil.example')).toBeNull()
  const preflight = await fetch(`${entra.url}/${tenantId}/oauth2/v2.0/token`, {
    method: 'OPTIONS',
    headers: { origin: pageOrigin, 'access-control-request-method': 'POST' },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-origin')).toBe(pageOrigin)
})

it('a refresh token gives new tokens for the same user, again and again', async () => {
  const { body } = await signIn(entra, ben)
  for (let round = 0; round < 2; round++) {
    const renewed = await refresh(entra, body.refresh_token)
    expect(decodeJwt(renewed.body.access_token)).toMatchObject({ oid: ben, scp: 'access_as_user' })
    expect(renewed.body.scope).toBe(`api://${blueprintAppId}/access_as_user`)
  }
})

it('unsuitable codes and refresh tokens are refused in Entra’s words', async () => {
  const redeemWith = async (fields: Record<string, string>, headers?: Record<string, string>) =>
    redeem(entra, await freshCode(), fields, headers)
  const advance = (clockOffsetSeconds: number) => entra.entra.settings.change({ clockOffsetSeconds })
  const redeemLater = async (seconds: number) => {
    const code = await freshCode()
    advance(seconds)
    return redeem(entra, code)
  }
  const refreshLater = async (seconds: number) => {
    const { refresh_token: token } = (await signIn(entra, ben)).body
    advance(seconds)
    return refresh(entra, token)
  }
  const asSetUp = { client_id: setupAppId, client_secret: 'setup-secret' }
  const responses = describeResponses(entra, {
    'a code that was redeemed': async () => {
      const code = await freshCode()
      await redeem(entra, code)
      return redeem(entra, code)
    },
    'a code with another verifier': () => redeemWith({ code_verifier: makeVerifier().verifier }),
    'a code without a verifier': () => redeemWith({ code_verifier: '' }),
    'a code that was requested without a challenge': async () =>
      redeem(entra, await freshCode({ code_challenge: undefined })),
    'a code after ten minutes, less a second': () => redeemLater(599),
    'a code after ten minutes': () => redeemLater(601),
    'a code with another redirect URI': () => redeemWith({ redirect_uri: `${redirectUri}?` }),
    'a code of another application': () => redeemWith(asSetUp, {}),
    'a code without an origin': () => redeemWith({}, {}),
    'a code from another origin': () => redeemWith({}, { origin: 'https://evil.example' }),
    'a code with a client secret': () => redeemWith({ client_secret: 'x' }),
    'a code that was never issued': () => redeem(entra, 'made-up'),
    'a refresh token after a day, less a minute': () => refreshLater(86_340),
    'a refresh token after a day': () => refreshLater(86_401),
    'a refresh token that was never issued': () => refresh(entra, 'made-up'),
    'a refresh token of another application': async () => {
      const { refresh_token } = (await signIn(entra, ben)).body
      return requestToken(entra, { ...asSetUp, grant_type: 'refresh_token', refresh_token })
    },
    'a refresh token for a scope without consent': async () =>
      refresh(entra, (await signIn(entra, ben)).body.refresh_token, { scope: 'User.Read' }),
  })
  await expect(await responses).toMatchFileSnapshot('redeem.txt')
})
