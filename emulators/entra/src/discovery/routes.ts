import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Entra } from '../entra.ts'
import { denied, readCaller, sendGraphErrors } from '../graph/access.ts'
import { isSharedEndpoint } from '../oauth/client.ts'
import { pairwiseSubject } from '../tokens/opaque.ts'

type TenantRoute = { Params: { tenant: string } }

/** Discovery documents (OpenID Connect Discovery 1.0) of both versions, instance discovery and published keys. */
export async function serveDiscovery(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'access-control-allow-origin': '*', 'cache-control': 'max-age=86400, private' })
  })

  for (const [version, issuer] of [
    ['/v2.0', 'issuerV2'],
    ['', 'issuerV1'],
  ] as const)
    app.get<TenantRoute>(`/:tenant${version}/.well-known/openid-configuration`, async ({ entra, params }) =>
      describeTenant(entra, params.tenant, entra[issuer]),
    )

  app.get('/:tenant/discovery/v2.0/keys', async ({ entra }) => {
    const keys = await entra.keys.published()
    return {
      keys: keys.map(({ kid, jwk, certificate }) => ({
        ...jwk,
        use: 'sig',
        kid,
        x5t: kid,
        x5c: [certificate],
        alg: 'RS256',
        issuer: entra.issuerV2,
      })),
    }
  })

  app.get('/common/discovery/instance', async ({ entra }) => {
    const { host, hostname } = new URL(entra.publicUrl)
    // MSAL.NET compares names of hosts without their ports.
    const hostAliases = [...new Set([host, hostname])]
    return {
      tenant_discovery_endpoint: `${entra.issuerV2}/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: hostAliases }],
    }
  })
}

/** Both versions name the v2.0 endpoints: there are no others. As at Entra, shared endpoints leave the issuer's tenant open. */
function describeTenant(entra: Entra, tenant: string, issuer: string) {
  const { publicUrl, config } = entra
  const isShared = isSharedEndpoint(tenant)
  const base = `${publicUrl}/${isShared ? tenant.toLowerCase() : config.tenantId}`
  return {
    issuer: isShared ? issuer.replace(config.tenantId, '{tenantid}') : issuer,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    userinfo_endpoint: `${publicUrl}/oidc/userinfo`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    response_types_supported: ['code', 'id_token', 'code id_token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: 'sub iss aud exp iat nonce preferred_username name tid email'.split(' '),
    request_uri_parameter_supported: false,
    http_logout_supported: true,
    frontchannel_logout_supported: false,
    tenant_region_scope: isShared ? null : 'EU',
    cloud_instance_name: 'microsoftonline.com',
    cloud_graph_host_name: 'graph.windows.net',
    msgraph_host: 'graph.microsoft.com',
    rbac_url: 'https://pas.windows.net',
  }
}

/** `/oidc/userinfo` (OpenID Connect Core §5.3): what a token for Microsoft Graph with the scope `openid` may read of its user. */
export async function serveUserInfo(app: FastifyInstance): Promise<void> {
  sendGraphErrors(app)
  const describe = async (request: FastifyRequest) => {
    const { appId, userId, permissions } = await readCaller(request)
    const { entra } = request
    const user = entra.directory.user(userId ?? '')
    if (!user || !permissions.has('openid')) throw denied('The token has no user, or lacks the scope openid.')
    const sub = pairwiseSubject(entra.config.tenantId, user.id, appId)
    return {
      sub,
      ...(permissions.has('profile') ? { name: user.displayName } : {}),
      ...(permissions.has('email') ? { email: user.mail } : {}),
    }
  }
  app.route({ method: ['GET', 'POST'], url: '/oidc/userinfo', handler: describe })
}
