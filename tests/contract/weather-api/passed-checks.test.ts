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

  const wrong: Readonly<Record<string, (sign: (claims: Claims) => string) => string>> = {
    signature: sign => `${sign({}).slice(0, -8)}AAAAAAAA`,
    issuer: sign => sign({ iss: `https://sts.windows.net/${otherId}/` }),
    tenant: sign => sign({ tid: otherId }),
    audience: sign => sign({ aud: otherId }),
    lifetime: sign => sign({ iat: inAnHour }),
  }

  it.each(Object.entries(wrong))('was made: without it, %s is not shown', async (name, forge) => {
    const config = readConfig({
      TENANT_ID: tenantId,
      WEATHER_API_APP_ID: weatherAppId,
      AGENT_CLIENT_ID: agentId,
      ENTRA_AUTHORITY: issuer.url,
    }).token
    const publicKey = issuer.key.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const validatorOf = (checks: readonly Check[]) =>
      new TokenValidator(config, checks, { find: async () => createKeyVerifier(checks, publicKey) })
    const token = forge(claims => issuer.sign(autonomousClaims({ authority: issuer.url, claims })))
    const checks = createChecks(config)
    const others = checks.filter(check => check.name !== name)

    await expect(validatorOf(checks).validate(token)).rejects.toMatchObject({
      options: { extensions: { failedCheck: name } },
    })
    expect((await validatorOf(others).validate(token)).checks).toEqual([
      ...others.map(check => check.name),
      'caller',
      'permission',
    ])
  })
})
