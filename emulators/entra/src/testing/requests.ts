import { seedIds } from './seed-ids.ts'
import {
  agentId,
  blueprintAppId,
  requestToken,
  type TestEntra,
  type TokenResponse,
  weatherAppId,
} from './start-entra.ts'

const jwtBearerAssertion = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

type Fields = Readonly<Record<string, string>>

/** The blueprint requests the exchange token for its agent, by default with the blueprint's secret. */
export function requestT1(entra: TestEntra, fields: Fields = {}): Promise<TokenResponse> {
  return requestToken(entra, {
    client_id: blueprintAppId,
    grant_type: 'client_credentials',
    scope: 'api://AzureADTokenExchange/.default',
    fmi_path: agentId,
    client_info: '2',
    ...('client_assertion' in fields
      ? { client_assertion_type: jwtBearerAssertion }
      : { client_secret: 'blueprint-secret' }),
    ...fields,
  })
}

export async function t1Of(entra: TestEntra): Promise<string> {
  return (await requestT1(entra)).body.access_token
}

/** The agent sends a request, by default with T1 as its credential. */
async function requestAsAgent(entra: TestEntra, fields: Fields): Promise<TokenResponse> {
  return requestToken(entra, {
    client_id: agentId,
    client_assertion_type: jwtBearerAssertion,
    client_assertion: fields['client_assertion'] ?? (await t1Of(entra)),
    ...fields,
  })
}

/** The agent requests a token as itself. */
export function requestTr(entra: TestEntra, fields: Fields = {}): Promise<TokenResponse> {
  const scope = `api://${weatherAppId}/.default`
  return requestAsAgent(entra, { grant_type: 'client_credentials', scope, ...fields })
}

/** The agent requests its own exchange token. */
export async function requestT2(entra: TestEntra, fields: Fields = {}): Promise<TokenResponse> {
  return requestTr(entra, { scope: 'api://AzureADTokenExchange/.default', ...fields })
}

/** The agent requests a token for its own user account. */
export async function requestTrAsUser(entra: TestEntra, fields: Fields = {}): Promise<TokenResponse> {
  const t2 = fields['user_federated_identity_credential'] ?? (await requestT2(entra)).body.access_token
  return requestTr(entra, {
    grant_type: 'user_fic',
    scope: `openid offline_access profile api://${weatherAppId}/.default`,
    user_federated_identity_credential: t2,
    user_id: seedIds.agentUser,
    client_info: '1',
    ...fields,
  })
}

/** The agent requests a token on behalf of the user of `assertion`, with the scopes that the sidecar sends. */
export function requestObo(entra: TestEntra, assertion: string, fields: Fields = {}): Promise<TokenResponse> {
  return requestAsAgent(entra, {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    requested_token_use: 'on_behalf_of',
    scope: `api://${weatherAppId}/.default offline_access openid profile`,
    assertion,
    client_info: '1',
    ...fields,
  })
}

/** Sends JSON to the control plane or to Graph and reads the response. */
export async function sendJson(
  entra: Pick<TestEntra, 'url'>,
  method: string,
  path: string,
  body?: unknown,
  headers: Fields = {},
): Promise<TokenResponse> {
  const response = await fetch(`${entra.url}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const { status } = response
  return { status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

/** A token from the control plane, with whatever wrong claims and lifetime a test needs. */
export async function requestCustomToken(
  entra: Pick<TestEntra, 'url'>,
  order: Readonly<Record<string, unknown>>,
): Promise<string> {
  return (await sendJson(entra, 'POST', '/emulator/tokens', order)).body.access_token
}
