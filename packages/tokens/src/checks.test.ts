import { sign } from 'node:crypto'
import { expect, it } from 'vitest'
import { createChecks } from './checks.ts'
import { autonomousClaims, weatherApi } from './testing/agent-claims.ts'
import { sampleIds } from './testing/sample-ids.ts'
import { createSigningKey, encodePart, signRs256 } from './testing/token-issuer.ts'
import { createKeyVerifier, createTokenVerifier } from './token-verifier.ts'

const authority = 'https://login.microsoftonline.com'
const checks = createChecks({ authority, tenantId: sampleIds.tenantId, appId: weatherApi.appId })

it('The refusal of an expired token says when the token expired', () => {
  const [lifetime] = checks.filter(({ name }) => name === 'lifetime')
  expect(() => lifetime?.inspect({ exp: 1_000 })).toThrow(expect.objectContaining({ expiredAt: 1_000_000 }))
})

const key = createSigningKey()
const verify = createKeyVerifier(key.publicKey.export({ type: 'spki', format: 'pem' }).toString())

it('Only RS256 is accepted: the same key’s signature by another algorithm is refused', () => {
  const claims = autonomousClaims({ authority })
  const signed = (alg: string, hash: string) => {
    const text = `${encodePart({ alg, typ: 'JWT' })}.${encodePart(claims)}`
    return `${text}.${sign(hash, Buffer.from(text), key.privateKey).toString('base64url')}`
  }
  expect(verify(signed('RS256', 'sha256'))).toEqual({ header: { alg: 'RS256', typ: 'JWT' }, claims })
  expect(() => verify(signed('RS512', 'sha512'))).toThrow('The signature is wrong.')
})

it.each([
  ['{"alg":"RS256"', '{}', 'The token is malformed.'],
  ['{"alg":"RS256"}', '[1]', 'The claims of the token are no JSON object.'],
])('A token of header %s and claims %s is refused as malformed: “%s”', (header, claims, message) => {
  const refusal = expect.objectContaining({ failedCheck: 'format', message })
  expect(() => verify(signRs256(header, claims, key))).toThrow(refusal)
})

it.each(['tenantId', 'appId'])(
  'A verifier requires a GUID as its option %s, since no token could pass otherwise',
  name => {
    const ids = { tenantId: sampleIds.tenantId, appId: weatherApi.appId }
    for (const id of ['contoso', `x${ids.tenantId}`, `${ids.tenantId}x`, ids.tenantId.replace('1', 'A')])
      expect(() => createTokenVerifier({ ...ids, [name]: id, log: { warn: () => undefined } })).toThrow(
        `${name} must be a GUID in small letters, and is ${id}.`,
      )
  },
)

it('The default authority is that of the public cloud', () => {
  const [issuer] = createChecks({ tenantId: sampleIds.tenantId, appId: weatherApi.appId })
  expect(() => issuer?.inspect(autonomousClaims({ authority }))).not.toThrow()
})
