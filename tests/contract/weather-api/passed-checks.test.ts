import { sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../../services/weather-api/src/config.ts'
import { type Check, createChecks } from '../../../services/weather-api/src/token/checks.ts'
import { createKeyVerifier, TokenValidator } from '../../../services/weather-api/src/token/token-validator.ts'
import { autonomousClaims } from '../../support/agent-tokens.ts'
import { identities } from '../../support/identities.ts'
import { type Claims, createIssuer, type TestIssuer } from '../../support/token-issuer.ts'

const { tenantId, weatherAppId, agentId } = identities
const otherId = '99999999-0000-4000-8000-000000000099'
const inAnHour = Math.floor(Date.now() / 1000) + 3_600

describe('a check that is shown as passed', () => {
  let issuer: TestIssuer
  beforeAll(async () => {
    issuer = await createIssuer()
  })
  afterAll(() => issuer.close())

  const config = () =>
    readConfig({
      TENANT_ID: tenantId,
      WEATHER_API_APP_ID: weatherAppId,
      AGENT_CLIENT_ID: agentId,
      ENTRA_AUTHORITY: issuer.url,
    }).token

  type Sign = (claims: Claims) => string
  const wrong: Readonly<Record<string, readonly [forge: (sign: Sign) => string, detail: string]>> = {
    signature: [sign => `${sign({}).slice(0, -8)}AAAAAAAA`, 'The signature is wrong.'],
    issuer: [
      sign => sign({ iss: `https://sts.windows.net/${otherId}/` }),
      'The token is from an issuer that this API does not trust.',
    ],
    tenant: [sign => sign({ tid: otherId }), 'The token is from another tenant.'],
    audience: [sign => sign({ aud: otherId }), 'The token is for another API.'],
    lifetime: [sign => sign({ iat: inAnHour }), 'The token was issued in the future.'],
  }

  it.each(Object.entries(wrong))('was made: without it, %s is not shown', async (name, [forge, detail]) => {
    const publicKey = issuer.key.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const validatorOf = (checks: readonly Check[]) =>
      new TokenValidator(config(), checks, { find: async () => createKeyVerifier(checks, publicKey) })
    const token = forge(claims => issuer.sign(autonomousClaims({ authority: issuer.url, claims })))
    const checks = createChecks(config())
    const others = checks.filter(check => check.name !== name)

    await expect(validatorOf(checks).validate(token)).rejects.toMatchObject({
      message: detail,
      options: { extensions: { failedCheck: name } },
    })
    expect((await validatorOf(others).validate(token)).checks).toEqual([
      ...others.map(check => check.name),
      'caller',
      'permission',
    ])
  })

  it('was made by RS256 alone, also for the key’s own signature by another algorithm', () => {
    const { publicKey, privateKey } = issuer.key
    const verify = createKeyVerifier(
      createChecks(config()),
      publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    )
    const signed = (alg: string, hash: string) => {
      const [, claims] = issuer.sign(autonomousClaims({ authority: issuer.url })).split('.')
      const text = `${Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url')}.${claims}`
      return `${text}.${sign(hash, Buffer.from(text), privateKey).toString('base64url')}`
    }
    expect(verify(signed('RS256', 'sha256'))).toMatchObject({ aud: weatherAppId })
    expect(() => verify(signed('RS512', 'sha512'))).toThrow()
  })
})
