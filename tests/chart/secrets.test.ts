import { describe, expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import { refusalOf, type Values } from './support/render.ts'

needs('helm')

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'

/** Settings with names of secrets. */
const secretNames =
  `
  AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_BEARER_TOKEN_BEDROCK AzureAd__ClientSecret
  AzureAd__ClientCredentials__0__ClientSecret AzureAd__ClientCredentials__0__CertificatePassword
  AzureAd__ClientCredentials__0__Base64EncodedValue BLUEPRINT_CLIENT_SECRET OTEL_EXPORTER_OTLP_HEADERS
  OTEL_EXPORTER_OTLP_TRACES_HEADERS API_KEY ApiKey apikey OPENAI_API_KEY API_KEY_2 ApiKeys__0
  OPEN_METEO_APIKEY GITHUB_TOKEN githubToken NPM_TOKENS TOKEN PGPASSWORD MYSQL_PWD DB_PASSWD REDIS_PASS
  KEY_PASSPHRASE ConnectionStrings__Default ServiceBusConnectionString
  APPLICATIONINSIGHTS_CONNECTION_STRING STORAGE_ACCOUNT_KEY SigningKey PRIVATE_KEY_PEM
  GOOGLE_CREDENTIALS_JSON HTTP_AUTHORIZATION REDISCLI_AUTH SESSION_COOKIE GITHUB_PAT BLOB_SAS SENTRY_DSN
`.match(/\S+/g) ?? []

/** Settings with secrets as values. */
const secretValues: Readonly<Record<string, string>> = {
  HTTPS_PROXY: 'http://user:not-a-password@proxy.example:3128',
  http_proxy: 'user:not-a-password@proxy.example:3128',
  CACHE_URL: 'redis://:not-a-password@cache:6379/0',
  DATABASE_URL: 'postgres://user:not-a-password@db.example/app',
  STORAGE: 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=bm90LWEta2V5',
  BUS: 'Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=b;SharedAccessKey=bm90LWEta2V5',
  SQL: 'Server=db;User Id=a; Password=not-a-password',
  BLOB_URL: 'https://a.blob.core.windows.net/b?sv=2024-11-04&sig=bm90LWEtc2lnbmF0dXJl',
  NODE_CERTIFICATE: '-----BEGIN EC PRIVATE KEY-----\nbm90LWEta2V5',
  CALLED_WITH: `Bearer ${jwt}`,
  ASSERTION: jwt,
  OPEN_METEO_FORECAST_URL: 'https://customer-api.open-meteo.com/v1/forecast?apikey=not-a-password',
  BLUEPRINT: `abc8Q~${'a'.repeat(34)}`,
  BEDROCK: `ABSK${'a'.repeat(124)}`,
  MIRROR: `https://ghp_${'a'.repeat(36)}@github.com/a/b`,
}

/** Settings that look like secrets but are none. */
const harmlessSettings: Values = {
  AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/secrets/token',
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/var/run/secrets/token',
  AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/agent',
  AWS_ENDPOINT_URL_STS: 'http://bedrock-emulator:7002',
  AzureAd__ClientCredentials__0__SourceType: 'SignedAssertionFilePath',
  AzureAd__ClientCredentials__0__SignedAssertionFileDiskPath: '/var/run/secrets/token',
  AzureAd__ClientCredentials__0__KeyVaultUrl: 'https://vault.vault.azure.net',
  AzureAd__ClientCredentials__0__KeyVaultCertificateName: 'blueprint',
  AzureAd__ClientCredentials__0__CertificateThumbprint: '0123456789abcdef0123456789abcdef01234567',
  DownstreamApis__orders__RequestAppToken: true,
  DownstreamApis__orders__Scopes__0: 'api://orders/.default',
  Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated: true,
  BEDROCK_MAX_TOKENS: 4096,
  BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS: '{"thinking":{"type":"disabled"}}',
  VALIDATE_TOKEN_SIGNATURE: true,
  TOKEN_PUBLIC_KEY: 'bm90LWEtc2VjcmV0',
  CLIENT_SECRET: '',
  HTTPS_PROXY: 'http://proxy.example:3128',
  HTTP_PROXY: 'http://user@proxy.example:3128',
  NO_PROXY: 'localhost,127.0.0.1,.svc,[::1]:8080',
  OPEN_METEO_FORECAST_URL: 'https://weather.example:8443/v1?mail=a@b.example',
  IMAGE: 'registry.example/agent:1.0@sha256:0123',
  NODE_OPTIONS: '--enable-source-maps',
  NODE_EXTRA_CA_CERTS: '/etc/extra-ca/ca.crt',
  CERTIFICATE: '-----BEGIN CERTIFICATE-----\nbm90LWEtc2VjcmV0',
  COMPAT: 'a',
  MONKEY: 'a',
  COMPASS: 'a',
  OAUTH: 'a',
}

const components = ['agent', 'sidecar', 'weatherApi']

/** The chart's refusal of these settings in each of the components. */
function refusalOfEach(env: Values): Promise<string> {
  return refusalOf(Object.fromEntries(components.map(component => [component, { env }])))
}

function settingsIn(refusal: string): readonly string[] {
  return [...refusal.matchAll(/^(\w+\.env\.\S+) would stand in the Deployment/gm)].map(
    ([, name = '']) => name,
  )
}

function inEach(names: readonly string[]): readonly string[] {
  return components.flatMap(component => names.toSorted().map(name => `${component}.env.${name}`))
}

describe('Among the settings of each component', () => {
  it('a secret is refused by its name', async () => {
    const env = Object.fromEntries(secretNames.map(name => [name, 'not-a-secret']))
    expect(settingsIn(await refusalOfEach(env))).toEqual(inEach(secretNames))
  })

  it('a secret is refused by its value, which is not repeated', async () => {
    const refusal = await refusalOfEach(secretValues)
    expect(settingsIn(refusal)).toEqual(inEach(Object.keys(secretValues)))
    expect(refusal).not.toMatch(/not-a-password|bm90|eyJ/)
  })

  it('a harmless setting that looks like a secret is allowed', async () => {
    expect(await refusalOfEach(harmlessSettings)).toBe('')
  })
})
