import { sign } from 'node:crypto'
import { tenant } from '@entra-agents/demo-tenant'
import { expect, it } from 'vitest'
import { createChecks } from './checks.ts'
import { autonomousClaims, weatherApi } from './testing/agent-claims.ts'
import { type Claims, createSigningKey, encodePart, signRs256 } from './testing/token-issuer.ts'
import { createKeyVerifier, createTokenVerifier } from './token-verifier.ts'

const authority = 'https://login.microsoftonline.com'
const otherId = '99999999-0000-4000-8000-000000000099'
const checks = createChecks({ authority, tenantId: tenant.tenantId, appId: weatherApi.appId })
const inAnHour = Math.floor(Date.now() / 1000) + 3_600

/** The checks that these claims fail: each name with its message. */
function failures(claims: Claims): Record<string, string> {
  const failed = checks.flatMap(({ name, inspect }) => {
    try {
      inspect(claims)
      return []
    } catch (error) {
      expect(error).toMatchObject({ name: 'TokenRefused', failedCheck: name })
      return [[name, (error as Error).message] as const]
    }
  })
  return Object.fromEntries(failed)
}

// biome-ignore format: table
it.each<[string, Claims, string]>([
  ['issuer', { iss: `https://sts.windows.net/${otherId}/` }, 'The token is from an issuer that this API does not trust.'],
  ['issuer', { iss: `https://sts.windows.net/${tenant.tenantId}/` }, 'The version of the token does not go with its issuer.'],
  ['tenant', { tid: otherId }, 'The token is from another tenant.'],
  ['audience', { aud: otherId }, 'The token is for another API.'],
  ['audience', { aud: `api://${weatherApi.appId}` }, 'The version of the token does not go with its audience.'],
  ['audience', { aud: [weatherApi.appId] }, 'The token does not name one API as its audience.'],
  ['lifetime', { exp: 1 }, 'The token has expired.'],
  ['lifetime', { exp: undefined }, 'The token has an unusable time (exp, nbf or iat).'],
  ['lifetime', { nbf: inAnHour }, 'The token is not valid yet.'],
  ['lifetime', { iat: inAnHour }, 'The token was issued in the future.'],
])('Only the check of the %s fails for the claims %j', (name, claims, message) => {
  expect(failures(autonomousClaims({ authority, claims }))).toEqual({ [name]: message })
})

it('The refusal of an expired token says when the token expired', () => {
  const [lifetime] = checks.filter(({ name }) => name === 'lifetime')
  expect(() => lifetime?.inspect({ exp: 1_000 })).toThrow(expect.objectContaining({ expiredAt: 1_000_000 }))
})

it('Only RS256 is accepted: the same key’s signature by another algorithm is refused', () => {
  const key = createSigningKey()
  const verify = createKeyVerifier(key.publicKey.export({ type: 'spki', format: 'pem' }).toString())
  const claims = autonomousClaims({ authority })
  const [, payload] = signRs256({}, claims, key).split('.')
  const signed = (alg: string, hash: string) => {
    const text = `${encodePart({ alg, typ: 'JWT' })}.${payload}`
    return `${text}.${sign(hash, Buffer.from(text), key.privateKey).toString('base64url')}`
  }
  expect(verify(signed('RS256', 'sha256'))).toMatchObject({
    header: { alg: 'RS256' },
    claims: { aud: claims['aud'] },
  })
  expect(() => verify(signed('RS512', 'sha512'))).toThrow('The signature is wrong.')
})

it.each([
  ['{"alg":"RS256"', '{}', 'The token is malformed.'],
  ['{"alg":"RS256"}', '[1]', 'The claims of the token are no JSON object.'],
])('A token of header %s and claims %s is refused as malformed: “%s”', (header, claims, message) => {
  const key = createSigningKey()
  const verify = createKeyVerifier(key.publicKey.export({ type: 'spki', format: 'pem' }).toString())
  const refusal = expect.objectContaining({ failedCheck: 'format', message })
  expect(() => verify(signRs256(header, claims, key))).toThrow(refusal)
})

it.each(['tenantId', 'appId'])(
  'A verifier requires a GUID as its option %s, since no token could pass otherwise',
  name => {
    const ids = { tenantId: tenant.tenantId, appId: weatherApi.appId }
    for (const id of ['contoso', `x${ids.tenantId}`, `${ids.tenantId}x`, ids.tenantId.replace('1', 'A')])
      expect(() => createTokenVerifier({ ...ids, [name]: id, log: { warn: () => undefined } })).toThrow(
        `${name} must be a GUID in small letters, and is ${id}.`,
      )
  },
)

it('The default authority is that of the public cloud', () => {
  const issued = { ...autonomousClaims({ authority }), tid: tenant.tenantId }
  const [issuer] = createChecks({ tenantId: tenant.tenantId, appId: weatherApi.appId })
  expect(() => issuer?.inspect(issued)).not.toThrow()
})
