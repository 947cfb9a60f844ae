import { ClientAssertionCredential, ClientSecretCredential, OnBehalfOfCredential } from '@azure/identity'
import { callsOf, scopeOf, tenant } from './witness.mjs'

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

const onBehalf = parameters =>
  new OnBehalfOfCredential({ tenantId: tenant.tenant, ...parameters, ...options }).getToken(
    scopeOf('target', tenant.targetScope),
  )

const call = callsOf('@azure/identity')
await call('ClientSecretCredential', 'azp={daemon}', () => daemon().getToken(scopeOf('target')))
await call('ClientAssertionCredential as the agent (T1 → TR)', 'azp={agent}', () =>
  new ClientAssertionCredential(tenant.tenant, tenant.agent, t1, options).getToken(scopeOf('target')),
)
await call('OnBehalfOfCredential', 'oid={user}', () =>
  onBehalf({
    clientId: tenant.api,
    clientSecret: tenant.secret,
    userAssertionToken: tenant.userTokenForApi,
  }),
)
await call('OnBehalfOfCredential as the agent', 'oid={user}', () =>
  onBehalf({
    clientId: tenant.agent,
    getAssertion: t1,
    userAssertionToken: tenant.userTokenForBlueprint,
  }),
)
await call('enableCae asks for cp1', 'xms_cc=cp1', () =>
  daemon().getToken(scopeOf('api'), { enableCae: true }),
)
await call('wrong secret', 'AADSTS7000215', () => daemon('wrong').getToken(scopeOf('target')))
await call('unknown tenant: fails while discovering', '/endpoints_resolution_error|AADSTS90002/', () =>
  daemon(tenant.secret, '99999999-0000-4000-8000-000000000009').getToken(scopeOf('target')),
)
