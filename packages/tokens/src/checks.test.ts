import { expect, it } from 'vitest'
import { createChecks } from './checks.ts'
import { autonomousClaims, weatherApi } from './testing/agent-claims.ts'
import { sampleIds } from './testing/sample-ids.ts'
import { createTokenVerifier } from './token-verifier.ts'

const authority = 'https://login.microsoftonline.com'
const checks = createChecks({ authority, tenantId: sampleIds.tenantId, appId: weatherApi.appId })

it('The refusal of an expired token says when the token expired', () => {
  const [lifetime] = checks.filter(({ name }) => name === 'lifetime')
  expect(() => lifetime?.inspect({ exp: 1_000 })).toThrow(expect.objectContaining({ expiredAt: 1_000_000 }))
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
