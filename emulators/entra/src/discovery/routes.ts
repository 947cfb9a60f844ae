import type { FastifyInstance } from 'fastify'
import type { Entra } from '../entra.ts'
import { checkTenant } from '../oauth/client.ts'

type TenantRoute = { Params: { tenant: string } }

/** Discovery documents (OpenID Connect Discovery 1.0) of both versions, instance discovery and published keys. */
export async function serveDiscovery(app: FastifyInstance, { entra }: { entra: Entra }): Promise<void> {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'access-control-allow-origin': '*', 'cache-control': 'max-age=86400, private' })
  })

  app.get<TenantRoute>('/:tenant/v2.0/.well-known/openid-configuration', async ({ params }) => {
    checkTenant(entra, params.tenant)
    return describeTenant(entra, entra.issuerV2)
  })

  app.get<TenantRoute>('/:tenant/.well-known/openid-configuration', async ({ params }) => {
    checkTenant(entra, params.tenant)
    return describeTenant(entra, entra.issuerV1)
  })

  app.get<TenantRoute>('/:tenant/discovery/v2.0/keys', async ({ params }) => {
    checkTenant(entra, params.tenant)
    const keys = await entra.keys.published()
    return {
      keys: keys.map(({ kid, jwk }) => ({
        ...jwk,
        use: 'sig',
        kid,
        x5t: kid,
        alg: 'RS256',
        issuer: entra.issuerV2,
      })),
    }
  })

  app.get('/common/discovery/instance', async () => {
    const { host } = new URL(entra.publicUrl)
    return {
      tenant_discovery_endpoint: `${entra.issuerV2}/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    }
  })
}

/** The documents of both versions name the v2.0 endpoints, since the emulator has no others. */
function describeTenant(entra: Entra, issuer: string) {
  const base = `${entra.publicUrl}/${entra.config.tenantId}`
  return {
    issuer,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    response_modes_supported: ['query', 'fragment'],
    response_types_supported: ['code'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
}
