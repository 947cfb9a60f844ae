import { X509Certificate } from 'node:crypto'
import {
  ConfidentialClientApplication,
  CryptoProvider,
  InteractionRequiredAuthError,
  PublicClientApplication,
} from '@azure/msal-node'
import {
  callsOf,
  claimsOf,
  codeFor,
  requireControl,
  scopeOf,
  signIn,
  tenant,
  withClock,
  withFault,
  withSetting,
} from './witness.mjs'

const authority = `${tenant.authority}/${tenant.tenant}`
const host = new URL(authority).host
const exchange = 'api://AzureADTokenExchange/.default'
const redirectUri = tenant.redirectUri
const targetScope = scopeOf('target', tenant.targetScope)
const unknownId = '99999999-0000-4000-8000-000000000009'
const certificate = {
  thumbprintSha256: new X509Certificate(tenant.blueprintCertificate).fingerprint256.replaceAll(':', ''),
  privateKey: tenant.blueprintKey,
}

const withSecret = more => ({ clientSecret: tenant.secret, ...more })
const confidential = (name, auth = withSecret(), rest = {}) =>
  new ConfidentialClientApplication({
    auth: { clientId: tenant[name] ?? name, authority, knownAuthorities: [host], ...auth },
    ...rest,
  })
const publicClient = () =>
  new PublicClientApplication({ auth: { clientId: tenant.native, authority, knownAuthorities: [host] } })
const appToken = (client, api = 'target', rest = {}) =>
  client.acquireTokenByClientCredential({ scopes: [scopeOf(api)], ...rest })
const onBehalf = (client, oboAssertion, scope = targetScope) =>
  client.acquireTokenOnBehalfOf({ oboAssertion, scopes: [scope] })

/** One client for T1, as a service would have it. */
const blueprint = confidential('blueprint')
const t1 = async (fmiPath = tenant.agent) =>
  (await blueprint.acquireTokenByClientCredential({ scopes: [exchange], fmiPath })).accessToken
const agent = (name = 'agent', clientAssertion = () => t1(tenant[name])) =>
  confidential(name, { clientAssertion })
const t2 = async () => (await agent().acquireTokenByClientCredential({ scopes: [exchange] })).accessToken
const asAgentUser = async (who, client = agent()) =>
  client.acquireTokenByUserFederatedIdentityCredential({
    scopes: [targetScope],
    assertion: await t2(),
    ...who,
  })
/** T1 by a credential of the blueprint other than its secret. */
const t1By = auth =>
  confidential('blueprint', auth).acquireTokenByClientCredential({
    scopes: [exchange],
    fmiPath: tenant.agent,
  })
const federated = assertion => t1By({ clientAssertion: tenant[assertion] })
const byCertificate = () => t1By({ clientCertificate: certificate })

async function signInByCode(client, { withProof = true, address = redirectUri } = {}) {
  const proof = withProof ? await new CryptoProvider().generatePkceCodes() : undefined
  const request = { scopes: [scopeOf('api', 'Use')], redirectUri: address }
  const url = await client.getAuthCodeUrl({
    ...request,
    responseMode: 'query',
    ...(proof ? { codeChallenge: proof.challenge, codeChallengeMethod: 'S256' } : {}),
  })
  return client.acquireTokenByCode({ ...request, code: await codeFor(url), codeVerifier: proof?.verifier })
}

/** What the token endpoint answers to a form that no method of the library sends. */
async function post(fields, headers = {}, address = authority) {
  const body = new URLSearchParams(fields)
  const response = await fetch(`${address}/oauth2/v2.0/token`, { method: 'POST', headers, body })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error_description)
  return answer
}

const capable = () => confidential('daemon', withSecret({ clientCapabilities: ['cp1'] }))
const challenge = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}'

const call = callsOf('@azure/msal-node')
await call('authority: knownAuthorities', 'token', () => appToken(confidential('daemon')))
await call('authority: OIDC mode, no knownAuthorities of Microsoft', 'token', async () => {
  const auth = withSecret({ authority: `${authority}/v2.0` })
  return appToken(confidential('daemon', auth, { system: { protocolMode: 'OIDC' } }))
})
await call('authority: azureCloud instance metadata by cloudDiscoveryMetadata', 'token', async () => {
  const metadata = [{ preferred_network: host, preferred_cache: host, aliases: [host] }]
  const cloudDiscoveryMetadata = JSON.stringify({
    tenant_discovery_endpoint: `${authority}/v2.0/.well-known/openid-configuration`,
    metadata,
  })
  return appToken(confidential('daemon', withSecret({ knownAuthorities: [], cloudDiscoveryMetadata })))
})
await call('authority: sign-in at /organizations', 'user={userName}', () =>
  signInByCode(confidential('shared', withSecret({ authority: `${tenant.authority}/organizations` }))),
)
await call('client credentials: secret', 'azp={daemon} azpacr=1', () => appToken(confidential('daemon')))
await call('client credentials: certificate (T1)', 'azpacr=2', byCertificate)
await call('client credentials: federated assertion (T1)', 'token', () => federated('assertion'))
await call('cache: the second call does not ask', 'fromCache=true same=true', async () => {
  const client = confidential('daemon')
  const [first, second] = [await appToken(client), await appToken(client)]
  return `fromCache=${second.fromCache} same=${first.accessToken === second.accessToken}`
})
await call('cache: skipCache asks', 'fromCache=false', async () => {
  const client = confidential('daemon')
  await appToken(client)
  return appToken(client, 'target', { skipCache: true })
})
await call('cache: serialized and read by another instance', 'fromCache=true', async () => {
  const [first, second] = [confidential('daemon'), confidential('daemon')]
  await appToken(first)
  second.getTokenCache().deserialize(first.getTokenCache().serialize())
  return appToken(second)
})
await call(
  'cache: two agents of one blueprint do not share T1',
  'true',
  async () => (await t1(tenant.agent)) !== (await t1(tenant.otherAgent)),
)
await call('client_info and refresh_in: long tokens are renewed early', 'refreshOn set', () =>
  withSetting('tokenLifetimeSeconds', 86_399, 3_599, async () =>
    (await appToken(confidential('daemon'))).refreshOn ? 'refreshOn set' : 'no refreshOn',
  ),
)
await call('T1 (fmi_path)', '/\\/{agent}$/', async () => claimsOf(await t1()).sub)
await call('TR app-only', 'azp={agent} roles=Weather.Read.All', () => appToken(agent()))
await call('TR of an agent without roles: token without roles', 'roles=undefined', () =>
  appToken(agent('trainee')),
)
await call('T2', 'azp={agent}', t2)
await call('T3 (user_fic by object id)', 'oid={agentUser} azp={agent}', () =>
  asAgentUser({ userObjectId: tenant.agentUser }),
)
await call('T3 (user_fic by name)', 'oid={agentUser}', () => asAgentUser({ username: tenant.agentUserName }))
await call('T3 then silent from the cache', 'fromCache=true', async () => {
  const client = agent()
  const { account } = await asAgentUser({ userObjectId: tenant.agentUser }, client)
  return client.acquireTokenSilent({ account, scopes: [targetScope] })
})
await call('auth code + PKCE: native public client (http://localhost)', 'user={userName}', () =>
  signInByCode(publicClient(), { address: 'http://localhost:51234' }),
)
await call('auth code + PKCE: web app with a secret', 'user={userName}', () =>
  signInByCode(confidential('web')),
)
await call('auth code without PKCE: web app with a secret (allowed at Entra)', 'user={userName}', () =>
  signInByCode(confidential('web'), { withProof: false }),
)
await call(
  'web app: silent, then refresh after the access token',
  'fromCache=true, forced=false',
  async () => {
    const client = confidential('web')
    const { account } = await signInByCode(client)
    const request = { account, scopes: [scopeOf('api', 'Use')] }
    const silent = await client.acquireTokenSilent(request)
    const forced = await client.acquireTokenSilent({ ...request, forceRefresh: true })
    return `fromCache=${silent.fromCache}, forced=${forced.fromCache}`
  },
)
await call('device code', 'token', async () => {
  requireControl()
  const request = { scopes: [scopeOf('api', 'Use')], cancel: false }
  // The library does not wait for its callback: a failed sign-in has to end the polling.
  request.deviceCodeCallback = ({ verificationUri, userCode }) =>
    signIn(`${verificationUri}?otc=${userCode}`).catch(() => {
      request.cancel = true
    })
  return publicClient().acquireTokenByDeviceCode(request)
})
await call('OBO by an ordinary API', 'azp={api} oid={user}', () =>
  onBehalf(confidential('api'), tenant.userTokenForApi),
)
await call('OBO by an agent', 'azp={agent} oid={user} scp=Weather.Read', () =>
  onBehalf(agent(), tenant.userTokenForBlueprint),
)
await call('OBO by an agent: /.default', '/scp=.*Weather\\.Read/', () =>
  onBehalf(agent(), tenant.userTokenForBlueprint, scopeOf('target')),
)
await call('OBO: second call from the cache', 'fromCache=true', async () => {
  const client = confidential('api')
  await onBehalf(client, tenant.userTokenForApi)
  return onBehalf(client, tenant.userTokenForApi)
})
await call('refusal: wrong secret', 'AADSTS7000215', () =>
  appToken(confidential('daemon', { clientSecret: 'wrong' })),
)
await call('refusal: unknown application', 'AADSTS700016', () => appToken(confidential(unknownId)))
await call('refusal: application id of zeros', 'AADSTS700038', () =>
  appToken(confidential('00000000-0000-0000-0000-000000000000')),
)
await call('refusal: disabled application', 'AADSTS7000112', () => appToken(confidential('disabled')))
await call(
  'refusal: unknown tenant: fails while discovering',
  '/endpoints_resolution_error|AADSTS90002/',
  () => appToken(confidential('daemon', withSecret({ authority: `${tenant.authority}/${unknownId}` }))),
)
await call('refusal: unknown resource', 'AADSTS500011', () => appToken(confidential('daemon'), unknownId))
await call('refusal: scope without /.default in client credentials', 'AADSTS1002012', () =>
  confidential('daemon').acquireTokenByClientCredential({
    scopes: [targetScope],
  }),
)
await call('refusal: two APIs in one scope', '/AADSTS(28000|70011)/', () =>
  onBehalf(confidential('api'), tenant.userTokenForApi, `${targetScope} ${scopeOf('api', 'Use')}`),
)
await call('refusal: assertion expired', 'AADSTS700024', () => federated('assertionExpired'))
await call('refusal: assertion of an unknown issuer', 'AADSTS700211', () =>
  federated('assertionOfUnknownIssuer'),
)
await call('refusal: assertion with the wrong audience', 'AADSTS700212', () =>
  federated('assertionWithWrongAudience'),
)
await call('refusal: assertion with the wrong subject', 'AADSTS700213', () =>
  federated('assertionWithWrongSubject'),
)
await call('refusal: assertion signed by another key', '/AADSTS(700027\\d?|50013)/', () =>
  federated('assertionOfOtherKey'),
)
await call('refusal: T1 of another agent', '/AADSTS700213\\d?/', () =>
  appToken(agent('agent', () => t1(tenant.otherAgent))),
)
await call('refusal: T1 without fmi_path', 'AADSTS82008', () =>
  confidential('blueprint').acquireTokenByClientCredential({ scopes: [exchange] }),
)
await call('refusal: no credential', 'AADSTS7000218', () =>
  post({ grant_type: 'client_credentials', client_id: tenant.daemon, scope: scopeOf('target') }),
)
await call('refusal: consent is missing (OBO)', 'AADSTS65001', () =>
  onBehalf(agent('trainee'), tenant.userTokenForBlueprint),
)
await call('refusal: OBO with the wrong audience', '/AADSTS(50013|500131)/', () =>
  onBehalf(confidential('api'), tenant.userTokenForTarget),
)
await call('refusal: OBO with an app-only token', 'AADSTS7000114', () =>
  onBehalf(confidential('api'), tenant.appTokenForApi),
)
await call('refusal: unknown grant type', 'AADSTS70003', () =>
  post({
    grant_type: 'nonsense',
    client_id: tenant.daemon,
    client_secret: tenant.secret,
    scope: scopeOf('target'),
  }),
)
await call('refusal: refresh without scope, client = API', 'AADSTS90009', async () => {
  const client = confidential('api')
  const url = await client.getAuthCodeUrl({
    scopes: [scopeOf('api', 'Use')],
    redirectUri,
    responseMode: 'query',
  })
  const credential = { client_id: tenant.api, client_secret: tenant.secret }
  const code = { grant_type: 'authorization_code', code: await codeFor(url), redirect_uri: redirectUri }
  const { refresh_token } = await post({ ...credential, ...code })
  return post({ ...credential, grant_type: 'refresh_token', refresh_token })
})
await call('refusal: Conditional Access blocks', 'AADSTS53003', () =>
  withFault('obo', { kind: 'conditional-access', code: 53003 }, () =>
    onBehalf(agent(), tenant.userTokenForBlueprint),
  ),
)
await call(
  'claims challenge: InteractionRequiredAuthError with claims',
  'InteractionRequiredAuthError claims=true',
  () =>
    withFault('obo', { kind: 'conditional-access' }, async () => {
      const error = await onBehalf(confidential('api'), tenant.userTokenForApi).catch(thrown => thrown)
      return `${error instanceof InteractionRequiredAuthError ? error.name : error} claims=${/access_token/.test(error.claims)}`
    }),
)
await call('throttled (429, Retry-After): the library holds back by itself', '/90055|429|[Tt]hrottl/', () =>
  withFault('tr', { kind: 'refuse', code: 90055, retryAfterSeconds: 5 }, async () => {
    const client = confidential('daemon')
    await appToken(client).catch(() => {})
    return appToken(client)
  }),
)
await call('CAE: cp1 asked, API wants xms_cc: it is in the token', 'xms_cc=cp1', () =>
  appToken(capable(), 'api'),
)
await call('CAE: claims of a challenge pass the cache by', 'fromCache=false', async () => {
  const client = capable()
  await appToken(client, 'api')
  return appToken(client, 'api', { claims: challenge })
})
await call('regional endpoint is not needed (azureRegion unset)', 'token', () =>
  appToken(confidential('daemon')),
)
await call('clock: server 20 min ahead refuses a 10-minute certificate assertion', 'AADSTS700024', () =>
  withClock(1_200, byCertificate),
)
await call('clock: server 20 min behind refuses it as not yet valid', 'AADSTS700024', () =>
  withClock(-1_200, byCertificate),
)
await call('clock: 2 min apart is fine', 'token', () => withClock(120, byCertificate))

/** What pages send, which msal-browser does in a browser. */
async function pageCode() {
  const { verifier, challenge: codeChallenge } = await new CryptoProvider().generatePkceCodes()
  const query = new URLSearchParams({
    client_id: tenant.page,
    response_type: 'code',
    redirect_uri: tenant.pageUri,
    scope: `${scopeOf('blueprint', tenant.blueprintScope)} openid offline_access`,
    code_challenge: codeChallenge,
    code_challenge_method: 'S256',
  })
  const code = await codeFor(`${authority}/oauth2/v2.0/authorize?${query}`)
  return {
    grant_type: 'authorization_code',
    client_id: tenant.page,
    code,
    redirect_uri: tenant.pageUri,
    code_verifier: verifier,
  }
}
const origin = { origin: new URL(tenant.pageUri).origin }

const callByHttp = callsOf('HTTP')
await callByHttp('auth code + PKCE: single-page application', 'oid={user}', async () =>
  post(await pageCode(), origin),
)
await callByHttp('refresh with scope', 'token', async () => {
  const { refresh_token } = await post(await pageCode(), origin)
  const scope = scopeOf('blueprint', tenant.blueprintScope)
  return post({ grant_type: 'refresh_token', client_id: tenant.page, refresh_token, scope }, origin)
})
await callByHttp('code of a page redeemed without Origin', 'AADSTS9002327', async () =>
  post(await pageCode()),
)
await callByHttp('refusal: unknown tenant', 'AADSTS90002', () =>
  post({ grant_type: 'client_credentials' }, {}, `${tenant.authority}/${unknownId}`),
)
