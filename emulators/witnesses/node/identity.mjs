import { ClientAssertionCredential, ClientSecretCredential, OnBehalfOfCredential } from '@azure/identity'
import { claims, hasToken, makeCalls, scopeOf, tenant } from './witness.mjs'

const options = { authorityHost: tenant.authority, disableInstanceDiscovery: true }
const exchange = 'api://AzureADTokenExchange'
const daemon = (secret = tenant.secret, tenantId = tenant.tenant) =>
  new ClientSecretCredential(tenantId, tenant.daemon, secret, options)

/** T1, by a plain request, since the library has no method that sends `fmi_path`. */
async function t1() {
  const response = await fetch(`${tenant.authority}/${tenant.tenant}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: tenant.blueprint,
      client_secret: tenant.secret,
      scope: `${exchange}/.default`,
      fmi_path: tenant.agent,
    }),
  })
  return (await response.json()).access_token
}

await makeCalls('@azure/identity', [
  [
    'ClientSecretCredential',
    'azp={daemon}',
    async () => claims((await daemon().getToken(scopeOf('target'))).token, 'azp'),
  ],
  [
    'ClientAssertionCredential as the agent (T1 → TR)',
    'azp={agent}',
    async () => {
      const credential = new ClientAssertionCredential(tenant.tenant, tenant.agent, t1, options)
      return claims((await credential.getToken(scopeOf('target'))).token, 'azp')
    },
  ],
  [
    'OnBehalfOfCredential',
    'oid={user}',
    async () => {
      const credential = new OnBehalfOfCredential({
        tenantId: tenant.tenant,
        clientId: tenant.api,
        clientSecret: tenant.secret,
        userAssertionToken: tenant.userTokenForApi,
        ...options,
      })
      return claims((await credential.getToken(scopeOf('target', tenant.targetScope))).token, 'oid')
    },
  ],
  [
    'OnBehalfOfCredential as the agent',
    'oid={user}',
    async () => {
      const credential = new OnBehalfOfCredential({
        tenantId: tenant.tenant,
        clientId: tenant.agent,
        getAssertion: t1,
        userAssertionToken: tenant.userTokenForBlueprint,
        ...options,
      })
      return claims((await credential.getToken(scopeOf('target', tenant.targetScope))).token, 'oid')
    },
  ],
  [
    'enableCae asks for cp1',
    'xms_cc=cp1',
    async () => claims((await daemon().getToken(scopeOf('api'), { enableCae: true })).token, 'xms_cc'),
  ],
  ['wrong secret', 'AADSTS7000215', async () => hasToken(await daemon('wrong').getToken(scopeOf('target')))],
  [
    'unknown tenant: fails while discovering',
    '/endpoints_resolution_error|AADSTS90002/',
    () => daemon(tenant.secret, '99999999-0000-4000-8000-000000000009').getToken(scopeOf('target')),
  ],
])
