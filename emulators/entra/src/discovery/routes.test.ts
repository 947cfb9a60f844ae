import { decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { sendJson, t1Of } from '../testing/requests.ts'
import { startEntraForFile, tenantId } from '../testing/start-entra.ts'

const entra = await startEntraForFile()

const read = async (path: string) => (await sendJson(entra, 'GET', path)).body

describe('discovery', () => {
  it('of version 2.0 names this server’s endpoints and the tenant’s issuer', async () => {
    const base = `${entra.url}/${tenantId}`
    expect(await read(`/${tenantId}/v2.0/.well-known/openid-configuration`)).toMatchObject({
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    })
  })

  it('of version 1.0 names an issuer at sts.windows.net, with a slash at the end', async () => {
    expect(await read(`/${tenantId}/.well-known/openid-configuration`)).toMatchObject({
      issuer: `https://sts.windows.net/${tenantId}/`,
      jwks_uri: `${entra.url}/${tenantId}/discovery/v2.0/keys`,
    })
  })

  it('of instances (/common/discovery/instance) names this host and no other', async () => {
    const query = new URLSearchParams({
      'api-version': '1.1',
      authorization_endpoint: `${entra.url}/${tenantId}/oauth2/v2.0/authorize`,
    })
    const { host } = new URL(entra.url)
    expect(await read(`/common/discovery/instance?${query}`)).toMatchObject({
      tenant_discovery_endpoint: `${entra.url}/${tenantId}/v2.0/.well-known/openid-configuration`,
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    })
  })

  it('omits `code_challenge_methods_supported` (PKCE), as the real Entra does', async () => {
    for (const version of ['', '/v2.0'])
      expect(await read(`/${tenantId}${version}/.well-known/openid-configuration`)).not.toHaveProperty(
        'code_challenge_methods_supported',
      )
  })

  it('of another tenant is refused', async () => {
    const path = '/11111111-2222-4333-8444-000000000000/v2.0/.well-known/openid-configuration'
    expect(await read(path)).toMatchObject({ error: 'invalid_request', error_codes: [90002] })
  })
})

describe('the published keys', () => {
  it('name their issuer', async () => {
    const [key] = (await read(`/${tenantId}/discovery/v2.0/keys`)).keys
    expect(key).toMatchObject({
      kty: 'RSA',
      use: 'sig',
      kid: key.x5t,
      issuer: `${entra.url}/${tenantId}/v2.0`,
    })
  })

  it('include the old key for a while after a rotation', async () => {
    const before = decodeProtectedHeader(await t1Of(entra)).kid
    await sendJson(entra, 'POST', '/emulator/keys/rotate', { overlapSeconds: 100 })
    const after = decodeProtectedHeader(await t1Of(entra)).kid
    expect(after).not.toBe(before)
    const kids = async () =>
      (await read(`/${tenantId}/discovery/v2.0/keys`)).keys.map(({ kid }: { kid: string }) => kid)
    expect(await kids()).toEqual([after, before])
    await sendJson(entra, 'PATCH', '/emulator/settings', { clockOffsetSeconds: 101 })
    expect(await kids()).toEqual([after])
  })
})
