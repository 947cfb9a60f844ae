import { writeFileSync } from 'node:fs'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import * as wellKnown from '@entra-agents/trace/well-known'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, it } from 'vitest'
import { ada, ben, signIn } from '../testing/browser.ts'
import { makeCertificate } from '../testing/certificate.ts'
import { describeTokens } from '../testing/describe-responses.ts'
import {
  requestCustomToken,
  requestObo,
  requestT1,
  requestT2,
  requestTr,
  requestTrAsUser,
  sendJson,
  t1Of,
} from '../testing/requests.ts'
import { setupAppId, startEntra, startEntraForFile, tenantId, weatherAppId } from '../testing/start-entra.ts'
import { encodeGuid } from './opaque.ts'

const entra = await startEntraForFile()
const weather = () => entra.entra.directory.application(weatherAppId)
const tokenOf = async (response: ReturnType<typeof requestTr>) => (await response).body.access_token

function wantClaims(...names: string[]) {
  const accessToken = names.map(name => ({ name, essential: false, additionalProperties: [] }))
  Object.assign(weather() ?? {}, { optionalClaims: { accessToken, idToken: [] } })
}

/** Every token for the weather API. */
async function weatherTokens(heading: string) {
  const tc = await tokenOf(signIn(entra, ada))
  const tokens = {
    'as itself': await tokenOf(requestTr(entra)),
    'on behalf of Ada': await tokenOf(requestObo(entra, tc)),
    'for the agent’s user account': await tokenOf(requestTrAsUser(entra)),
  }
  return `${heading}\n${describeTokens(entra, tokens)}\n`
}

it('each token has the claims of its kind, of its version and those that the API asks for', async () => {
  const { body: page } = await signIn(entra, ada)
  const { body: ofAgentUser } = await requestTrAsUser(entra)
  const graph = { client: setupAppId, resource: wellKnown.graphUri }
  const tokens = describeTokens(entra, {
    'Tc, for the page': page.access_token,
    'the page’s ID token': page.id_token,
    T1: await t1Of(entra),
    T2: await tokenOf(requestT2(entra)),
    'Ben’s token for the agent': await tokenOf(requestObo(entra, await tokenOf(signIn(entra, ben)))),
    'the ID token of the agent’s user account': ofAgentUser.id_token,
    'for Graph, as an application': await requestCustomToken(entra, { ...graph, roles: ['User.Read.All'] }),
    'for Graph, as Ada': await requestCustomToken(entra, { ...graph, user: ada, scopes: ['User.Read'] }),
  })
  const all = await weatherTokens('The agent’s tokens of version 2')
  wantClaims()
  const plain = await weatherTokens('… if the API asks for no optional claims')
  wantClaims('idtyp', 'upn')
  const some = await weatherTokens('… if the API asks for upn, and for idtyp without include_user_token')
  Object.assign(weather()?.api ?? {}, { requestedAccessTokenVersion: null })
  const old = await weatherTokens('… if the API does not ask for version 2')
  await expect(`${tokens}\n${all}${plain}${some}${old}`).toMatchFileSnapshot('tokens.txt')
})

it('a token names its key in kid, one of version 1 in x5t too, and the published keys verify it', async () => {
  const token = await tokenOf(requestTr(entra))
  const { kid, ...header } = decodeProtectedHeader(token)
  expect(header).toEqual({ alg: 'RS256', typ: 'JWT' })
  const old = await requestCustomToken(entra, { client: setupAppId, resource: wellKnown.graphUri })
  expect(decodeProtectedHeader(old)).toMatchObject({ kid, x5t: kid })
  await jwtVerify(token, createRemoteJWKSet(new URL(`${entra.url}/${tenantId}/discovery/v2.0/keys`)))
})

it('T1 encodes GUIDs in its subject as .NET does', () => {
  const littleEndian = Buffer.from('33221100554477668899aabbccddeeff', 'hex')
  expect(encodeGuid('00112233-4455-6677-8899-aabbccddeeff')).toBe(littleEndian.toString('base64url'))
})

it('the lifetime of tokens follows the setting; a response with a long-lived token has refresh_in', async () => {
  const lifetimeOf = async (tokenLifetimeSeconds: number) => {
    await sendJson(entra, 'PATCH', '/emulator/settings', { tokenLifetimeSeconds })
    const { access_token, ...response } = (await requestTr(entra)).body
    return response
  }
  const rest = { token_type: 'Bearer', ext_expires_in: expect.any(Number) }
  expect(await lifetimeOf(7_200)).toEqual({ ...rest, expires_in: 7_200, refresh_in: 3_600 })
  expect(await lifetimeOf(7_199)).toEqual({ ...rest, expires_in: 7_199, ext_expires_in: 7_199 })
})

it('tokens of agents for APIs live no longer than AGENT_TOKEN_LIFETIME_SECONDS, all others as long as without it', async () => {
  await using other = await startEntra({ AGENT_TOKEN_LIFETIME_SECONDS: '300' })
  const lifetimes = async () => {
    const responses = [await requestT1(other), await requestT2(other), await requestTr(other)]
    return [...responses, await requestTrAsUser(other)].map(({ body }) => body['expires_in'])
  }
  expect(await lifetimes()).toEqual([3_599, 3_599, 300, 300])
  await sendJson(other, 'PATCH', '/emulator/settings', { tokenLifetimeSeconds: 60 })
  expect(await lifetimes()).toEqual([60, 60, 60, 60])
})

it('the key of SIGNING_KEY_FILE signs, so that tokens stay valid when the emulator starts again', async () => {
  using made = makeCertificate('localhost')
  const SIGNING_KEY_FILE = temporaryFile('signing.pem')
  writeFileSync(SIGNING_KEY_FILE, made.certificate + made.key)
  await using before = await startEntra({ SIGNING_KEY_FILE })
  await using after = await startEntra({ SIGNING_KEY_FILE })
  const published = createRemoteJWKSet(new URL(`${after.url}/${tenantId}/discovery/v2.0/keys`))
  await jwtVerify(await tokenOf(requestTr(before)), published)
})
