import { writeFileSync } from 'node:fs'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { makeCertificate } from './testing/certificate.ts'
import { seedIds } from './testing/seed-ids.ts'

type Variables = Readonly<Record<string, string>>
const idOf = (digits: string) => `99999999-0000-4000-8000-0000000000${digits}`

/** What the variables change in the demo's tenant, by the names of its applications. */
function read(variables: Variables) {
  const { tenantId, seed } = readConfig(variables)
  const { applications, servicePrincipals } = seed.content
  const find = (name: string) => applications.find(({ displayName }) => displayName === name)
  const agent = servicePrincipals.find(({ displayName }) => displayName === 'Weather agent')
  return {
    ...{
      tenantId,
      agent,
      seed,
      blueprint: find('Weather Agent Blueprint'),
      page: find('Weather Agent page'),
    },
    ...{ api: find('Weather API'), setUp: find('Tenant set-up') },
  }
}

it('no variable is needed: the tenant is the demo’s, and no client has a secret', () => {
  const { tenantId, blueprint, page, setUp, seed } = read({})
  expect(readConfig({})).toMatchObject({ port: 7001, domain: 'contoso.example' })
  expect([tenantId, blueprint?.appId]).toEqual([
    '11111111-2222-4333-8444-555555555555',
    'cccccccc-0000-4000-8000-00000000000c',
  ])
  expect(page?.spa.redirectUris).toEqual(['http://localhost:3001/auth/redirect.html'])
  expect(blueprint?.web.redirectUris).toEqual(['http://localhost:3001/auth/consent.html'])
  expect([blueprint, setUp].map(one => one?.passwordCredentials)).toEqual([[], []])
  expect(seed.apis).toEqual([{ name: 'weather-api', appId: 'aaaaaaaa-0000-4000-8000-00000000000a' }])
})

it('variables change ids, credentials and addresses of the tenant, whichever seed has entries of these names', () => {
  using own = makeCertificate('blueprint')
  const variables = {
    ...{ TENANT_ID: idOf('01'), BLUEPRINT_APP_ID: idOf('02'), AGENT_CLIENT_ID: idOf('0A') },
    ...{ WEATHER_API_APP_ID: idOf('04'), CLIENT_SPA_APP_ID: idOf('05'), SETUP_APP_ID: idOf('06') },
    ...{ BLUEPRINT_CLIENT_SECRET: 'blueprint-secret', SETUP_CLIENT_SECRET: 'setup-secret' },
    BLUEPRINT_CERTIFICATE_FILE: own.certificateFile,
    FEDERATED_ISSUER: 'https://kubernetes.default.svc',
    FEDERATED_SUBJECT: 'system:serviceaccount:weather:agent',
    WEATHER_API_PUBLIC_URL: 'http://localhost:8080/mcp',
    WEATHER_API_TOKEN_VERSION: '1',
    SPA_REDIRECT_URI: 'http://localhost:4/auth/redirect.html, http://127.0.0.1:4/auth/redirect.html',
  }
  const file = temporaryFile('entra.yaml')
  writeFileSync(file, 'extends: demo\ntenant: acme\nusers: { eve: }')
  for (const seed of [{}, { ENTRA_SEED: file }]) {
    const { tenantId, agent, blueprint, api, page, setUp } = read({ ...variables, ...seed })
    expect([tenantId, blueprint?.appId, agent?.id, api?.appId, page?.appId, setUp?.appId]).toEqual(
      ['01', '02', '0a', '04', '05', '06'].map(idOf),
    )
    expect(agent).toMatchObject({ agentIdentityBlueprintId: idOf('02'), sponsors: [seedIds.ada] })
    const secrets = [blueprint, setUp].map(one => one?.passwordCredentials[0]?.secretText)
    expect(secrets).toEqual(['blueprint-secret', 'setup-secret'])
    expect(blueprint).toMatchObject({
      certificates: [expect.stringContaining('BEGIN CERTIFICATE')],
      federatedIdentityCredentials: [
        {
          issuer: 'https://kubernetes.default.svc',
          subject: 'system:serviceaccount:weather:agent',
          audiences: ['api://AzureADTokenExchange'],
        },
      ],
      web: {
        redirectUris: ['http://localhost:4/auth/consent.html', 'http://127.0.0.1:4/auth/consent.html'],
      },
    })
    expect(page?.spa.redirectUris).toEqual(variables.SPA_REDIRECT_URI.split(', '))
    expect(api?.identifierUris).toEqual([`api://${idOf('04')}`, 'http://localhost:8080/mcp'])
    expect(api?.api.requestedAccessTokenVersion).toBe(1)
  }
  expect(read({ ...variables, CONSENT_REDIRECT_URI: 'http://a/b' }).blueprint?.web.redirectUris).toEqual([
    'http://a/b',
  ])
})

it('all faults are reported at once, in words', async () => {
  const faults = findFaults(() =>
    readConfig({
      TENANT_ID: 'contoso',
      PUBLIC_URL: 'login.microsoftonline.com',
      TLS_CERT_FILE: '/nowhere/certificate.pem',
      SIGNING_KEY_FILE: import.meta.filename,
      AGENT_TOKEN_LIFETIME_SECONDS: '0',
      BLUEPRINT_CERTIFICATE_FILE: '/nowhere/certificate.pem',
      FEDERATED_ISSUER: 'https://issuer.example',
      SPA_REDIRECT_URI: 'nonsense',
      WEATHER_API_TOKEN_VERSION: '3',
      REGISTRATIONS_FILE: 'registrations.json',
    }),
  )
  await expect(`${faults.join('\n')}\n`).toMatchFileSnapshot('config.txt')
})
