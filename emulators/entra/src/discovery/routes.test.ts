import { X509Certificate } from 'node:crypto'
import * as wellKnown from '@entra-agents/trace/well-known'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { expect, it } from 'vitest'
import { ada, signIn } from '../testing/browser.ts'
import { nameIds } from '../testing/describe-responses.ts'
import { requestCustomToken, sendJson, t1Of } from '../testing/requests.ts'
import { blueprintAppId, spaAppId, startEntraForFile, tenantId } from '../testing/start-entra.ts'

const entra = await startEntraForFile()

const read = async (path: string) => (await sendJson(entra, 'GET', path)).body
const discovery = '.well-known/openid-configuration'

it('discovery names this server’s endpoints, the issuer of each version, and – as in Entra – no support of PKCE', async () => {
  const document = await read(`/${tenantId}/v2.0/${discovery}`)
  const lines = Object.entries(document).map(([name, value]) => `${name}: ${[value].flat().join(' ')}`)
  await expect(nameIds(entra, `${lines.join('\n')}\n`)).toMatchFileSnapshot('discovery.txt')
  const issuer = `https://sts.windows.net/${tenantId}/`
  expect(await read(`/${tenantId}/${discovery}`)).toEqual({ ...document, issuer })
})

it('the endpoints that applications of several organizations share leave the tenant open', async () => {
  expect(await read(`/organizations/v2.0/${discovery}`)).toMatchObject({
    issuer: `${entra.url}/{tenantid}/v2.0`,
    token_endpoint: `${entra.url}/organizations/oauth2/v2.0/token`,
  })
})

it('userinfo tells what the scopes of a token for Graph allow, and nothing by another token', async () => {
  const ask = async (scopes: readonly string[], resource: string = wellKnown.graphUri) => {
    const token = await requestCustomToken(entra, { client: spaAppId, resource, user: ada, scopes })
    const headers = { authorization: `Bearer ${token}` }
    return (await sendJson(entra, 'GET', '/oidc/userinfo', undefined, headers)).body
  }
  const sub = decodeJwt((await signIn(entra, ada)).body.id_token).sub
  expect(await ask(['openid'])).toEqual({ sub })
  const all = { sub, name: 'Ada Osei', email: 'ada@contoso.example' }
  expect(await ask(['openid', 'profile', 'email'])).toEqual(all)
  expect(await ask(['User.Read'])).toMatchObject({ error: { code: 'Authorization_RequestDenied' } })
  expect(await ask(['openid'], blueprintAppId)).toMatchObject({
    error: { code: 'InvalidAuthenticationToken' },
  })
})

it('discovery of instances names this host and no other', async () => {
  const { host } = new URL(entra.url)
  expect(await read('/common/discovery/instance?api-version=1.1')).toMatchObject({
    tenant_discovery_endpoint: `${entra.url}/${tenantId}/v2.0/${discovery}`,
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host, 'localhost'] }],
  })
})

it('the published keys name their issuer, and include the old key for a while after a rotation', async () => {
  const published = async () => (await read(`/${tenantId}/discovery/v2.0/keys`)).keys
  const [key] = await published()
  const issuer = `${entra.url}/${tenantId}/v2.0`
  expect(key).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256', kid: key.x5t, issuer })
  const certificate = new X509Certificate(Buffer.from(key.x5c[0], 'base64'))
  expect(certificate.publicKey.export({ format: 'jwk' })).toMatchObject({ n: key.n, e: key.e })
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.fingerprint.replaceAll(':', '')).toBe(
    Buffer.from(key.x5t, 'base64url').toString('hex').toUpperCase(),
  )
  await sendJson(entra, 'POST', '/emulator/keys/rotate', { overlapSeconds: 100 })
  const { kid } = decodeProtectedHeader(await t1Of(entra))
  expect(await published()).toMatchObject([{ kid }, { kid: key.kid }])
  await sendJson(entra, 'PATCH', '/emulator/settings', { clockOffsetSeconds: 101 })
  expect(await published()).toMatchObject([{ kid }])
  expect(kid).not.toBe(key.kid)
})
