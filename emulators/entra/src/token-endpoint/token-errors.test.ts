import { expect, it } from 'vitest'
import { describeResponses } from '../testing/describe-responses.ts'
import { requestCustomToken, requestT1, requestTr, t1Of } from '../testing/requests.ts'
import {
  agentId,
  blueprintAppId,
  requestToken,
  setupAppId,
  spaAppId,
  startEntraForFile,
  type TokenResponse,
  tenantId,
  weatherAppId,
} from '../testing/start-entra.ts'

const entra = await startEntraForFile()

const unknownId = '99999999-9999-4999-8999-999999999999'
const weatherScope = `api://${weatherAppId}/.default`
const directory = () => entra.entra.directory
const settings = () => entra.entra.settings

it('a refusal is Entra’s JSON, with the caller’s correlation id', async () => {
  const correlationId = '12345678-1234-4234-8234-123456789012'
  const headers = { 'client-request-id': correlationId, 'return-client-request-id': 'true' }
  const fields = { client_id: blueprintAppId, client_secret: 'wrong', grant_type: 'client_credentials' }
  const refused = await requestToken(entra, { ...fields, scope: weatherScope }, headers)
  expect(refused.status).toBe(401)
  expect(refused.headers.get('client-request-id')).toBe(correlationId)
  expect(refused.headers.get('cache-control')).toContain('no-store')
  const timestamp = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/
  expect(refused.body).toEqual({
    error: 'invalid_client',
    error_description: expect.stringMatching(
      `^AADSTS7000215: .+\r\nTrace ID: [0-9a-f-]{36}\r\nCorrelation ID: ${correlationId}\r\nTimestamp: ${timestamp.source}`,
    ),
    error_codes: [7000215],
    timestamp: expect.stringMatching(timestamp),
    trace_id: refused.headers.get('x-ms-request-id'),
    correlation_id: correlationId,
    error_uri: `${entra.url}/error?code=7000215`,
  })
})

/** Posts a body as it is, to this path below the emulator's URL. */
async function post(
  body: string | URLSearchParams,
  path = `${tenantId}/oauth2/v2.0/token`,
): Promise<TokenResponse> {
  const response = await fetch(`${entra.url}/${path}`, { method: 'POST', body })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

async function requestWithExpiredSecret() {
  settings().change({ clockOffsetSeconds: 3_600 })
  const endDateTime = new Date(Date.now() + 1_800_000).toISOString()
  const secret = { keyId: unknownId, displayName: null, startDateTime: endDateTime, endDateTime }
  directory()
    .application(blueprintAppId)
    ?.passwordCredentials.push({ ...secret, secretText: 'half-an-hour' })
  return requestT1(entra, { client_secret: 'half-an-hour' })
}

function removePrincipal(appId: string) {
  const { content } = directory()
  content.servicePrincipals = content.servicePrincipals.filter(principal => principal.appId !== appId)
}

async function requestTrAfter(change: () => void, fields: Record<string, string> = {}) {
  const assertion = await t1Of(entra)
  change()
  return requestTr(entra, { client_assertion: assertion, ...fields })
}

const requestTrWith = async (assertion: Promise<string>) =>
  requestTr(entra, { client_assertion: await assertion })

it('each faulty request for the agent’s token is refused in Entra’s words', async () => {
  const refusals = describeResponses(entra, {
    'a wrong secret': () => requestT1(entra, { client_secret: 'wrong' }),
    'an expired secret': requestWithExpiredSecret,
    'no credential': () => requestT1(entra, { client_secret: '' }),
    'an unknown application': () => requestT1(entra, { client_id: unknownId }),
    'a blueprint without a principal': () => {
      removePrincipal(blueprintAppId)
      return requestT1(entra)
    },
    'a disabled agent': () =>
      requestTrAfter(() => Object.assign(directory().principal(agentId) ?? {}, { accountEnabled: false })),
    'an unregistered resource': () => requestTr(entra, { scope: `api://${unknownId}/.default` }),
    'a resource without a principal': () => requestTrAfter(() => removePrincipal(weatherAppId)),
    'a resource whose identifier URI is gone': () =>
      requestTrAfter(() => directory().application(weatherAppId)?.identifierUris.splice(0)),
    'a single scope': () => requestTr(entra, { scope: `api://${weatherAppId}/Weather.Read.All` }),
    'two scopes': () => requestTr(entra, { scope: `${weatherScope} https://graph.microsoft.com/.default` }),
    'only scopes of OpenID Connect': () => requestTr(entra, { scope: 'openid profile' }),
    'scopes of OpenID Connect beside the API’s, as MSAL for Go and Java send them': () =>
      requestTr(entra, { scope: `${weatherScope} openid profile offline_access` }),
    'an application id of zeros': () =>
      requestT1(entra, { client_id: '00000000-0000-0000-0000-000000000000' }),
    'a secret and an assertion': async () =>
      requestT1(entra, { client_secret: 'blueprint-secret', client_assertion: await t1Of(entra) }),
    'an API with mapped claims by a URI outside the verified domains': () =>
      requestTrAfter(() => settings().change({ limitsMappedClaims: true })),
    'a resource that requires an assignment which the agent lacks': () =>
      requestTrAfter(() => {
        Object.assign(directory().principal(weatherAppId) ?? {}, { appRoleAssignmentRequired: true })
        directory().content.appRoleAssignments = []
      }),
    'an agent with its blueprint’s secret': () =>
      requestTr(entra, { client_assertion: '', client_secret: 'blueprint-secret' }),
    'an agent without a credential': () => requestTr(entra, { client_assertion: '' }),
    'an agent in its blueprint’s place': () => requestT1(entra, { client_id: agentId }),
    'the blueprint as itself at a custom API, as a sidecar without AllowOverrides sends it': () =>
      requestT1(entra, { scope: weatherScope, fmi_path: '' }),
    'no agent in a request for T1': () => requestT1(entra, { fmi_path: '' }),
    'an agent in a request for another resource than the exchange': () =>
      requestT1(entra, { scope: weatherScope }),
    'token exchange by RFC 8693': () =>
      requestTr(entra, { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange' }),
    'a token with proof of possession': () => requestTr(entra, { token_type: 'pop' }),
    'a password grant of the blueprint': () => requestT1(entra, { grant_type: 'password' }),
    'an unknown grant type': () => requestT1(entra, { client_id: setupAppId, grant_type: 'magic' }),
    'no grant type': () => requestToken(entra, { client_id: agentId }),
    'no scope': () => requestTr(entra, { scope: '' }),
    'a page that requests a token as itself': () =>
      requestToken(entra, { client_id: spaAppId, grant_type: 'client_credentials', scope: weatherScope }),
    'an unknown kind of assertion': () =>
      requestTr(entra, { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2' }),
    'no kind of assertion': () => requestTr(entra, { client_assertion_type: '' }),
    'another tenant': () => post('', `${unknownId}/oauth2/v2.0/token`),
    'another tenant by its domain': () => post('', 'fabrikam.example/oauth2/v2.0/token'),
    'the tenant by its domain': () => post('', 'Contoso.example/oauth2/v2.0/token'),
    'what is no tenant': () => post('', 'no_tenant/oauth2/v2.0/token'),
    'an agent in the query string': () => post('', `${tenantId}/oauth2/v2.0/token?fmi_path=${agentId}`),
    'a repeated field': () => post(new URLSearchParams('client_id=one&client_id=other')),
    'a JSON body': () => post('{"grant_type":"client_credentials"}'),
    'T1 for another agent': async () =>
      requestTr(entra, {
        client_assertion: (await requestT1(entra, { fmi_path: unknownId })).body.access_token,
      }),
    'T1 for another API': () =>
      requestTrWith(
        requestCustomToken(entra, { client: blueprintAppId, resource: 'https://graph.microsoft.com' }),
      ),
    'T1 of the v2.0 issuer': () =>
      requestTrWith(requestCustomToken(entra, { client: blueprintAppId, resource: weatherAppId })),
    'T1 that expired': () => requestTrAfter(() => settings().change({ clockOffsetSeconds: 3_600 })),
    'T1 with a spoilt signature': async () =>
      requestTr(entra, { client_assertion: `${(await t1Of(entra)).slice(0, -8)}AAAAAAAA` }),
    'T1 whose key is no longer published': async () => {
      const t1 = await t1Of(entra)
      await entra.entra.keys.rotate(0)
      return requestTr(entra, { client_assertion: t1 })
    },
    'T1 whose key is still published after a rotation': async () => {
      const t1 = await t1Of(entra)
      await entra.entra.keys.rotate(600)
      return requestTr(entra, { client_assertion: t1 })
    },
  })
  await expect(await refusals).toMatchFileSnapshot('token-errors.txt')
})
