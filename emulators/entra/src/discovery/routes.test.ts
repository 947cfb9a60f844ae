import { decodeProtectedHeader } from 'jose'
import { expect, it } from 'vitest'
import { sendJson, t1Of } from '../testing/requests.ts'
import { startEntraForFile, tenantId } from '../testing/start-entra.ts'

const entra = await startEntraForFile()

const read = async (path: string) => (await sendJson(entra, 'GET', path)).body
const discovery = '.well-known/openid-configuration'

it('discovery names this server’s endpoints, the issuer of each version, and – as in Entra – no support of PKCE', async () => {
  const base = `${entra.url}/${tenantId}`
  const document = {
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    response_modes_supported: ['query', 'fragment'],
    response_types_supported: ['code'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
  expect(await read(`/${tenantId}/v2.0/${discovery}`)).toEqual(document)
  const issuer = `https://sts.windows.net/${tenantId}/`
  expect(await read(`/${tenantId}/${discovery}`)).toEqual({ ...document, issuer })
})

it('discovery of instances names this host and no other', async () => {
  const { host } = new URL(entra.url)
  expect(await read('/common/discovery/instance?api-version=1.1')).toMatchObject({
    tenant_discovery_endpoint: `${entra.url}/${tenantId}/v2.0/${discovery}`,
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  })
})

it('discovery of another tenant is refused', async () => {
  const path = `/11111111-2222-4333-8444-000000000000/v2.0/${discovery}`
  expect(await read(path)).toMatchObject({ error: 'invalid_request', error_codes: [90002] })
})

it('the published keys name their issuer, and include the old key for a while after a rotation', async () => {
  const published = async () => (await read(`/${tenantId}/discovery/v2.0/keys`)).keys
  const [key] = await published()
  const issuer = `${entra.url}/${tenantId}/v2.0`
  expect(key).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256', kid: key.x5t, issuer })
  await sendJson(entra, 'POST', '/emulator/keys/rotate', { overlapSeconds: 100 })
  const { kid } = decodeProtectedHeader(await t1Of(entra))
  expect(await published()).toMatchObject([{ kid }, { kid: key.kid }])
  await sendJson(entra, 'PATCH', '/emulator/settings', { clockOffsetSeconds: 101 })
  expect(await published()).toMatchObject([{ kid }])
  expect(kid).not.toBe(key.kid)
})
