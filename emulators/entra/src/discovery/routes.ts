import type { FastifyInstance } from 'fastify'
import type { Entra } from '../entra.ts'
import { checkTenant } from '../tenant.ts'

type OfTenant = { Params: { tenant: string } }

/** Entra's own document names its tenant-independent keys by this placeholder. */
const templatedTenant = '{tenantid}'

/** Discovery documents (OpenID Connect Discovery 1.0) of both versions, instance discovery and published keys. */
export async function discovery(app: FastifyInstance, { entra }: { entra: Entra }): Promise<void> {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'access-control-allow-origin': '*', 'cache-control': 'max-age=86400, private' })
  })

  app.get<OfTenant>('/:tenant/v2.0/.well-known/openid-configuration', async request => {
    const tenant = knownTenant(entra, request.params.tenant)
    const base = `${entra.publicUrl}/${tenant}`
    const issuerTenant = tenant === entra.config.tenantId ? tenant : templatedTenant
    return {
      ...shared(entra),
      issuer: `${entra.publicUrl}/${issuerTenant}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    }
  })

  app.get<OfTenant>('/:tenant/.well-known/openid-configuration', async request => {
    const tenant = knownTenant(entra, request.params.tenant)
    const base = `${entra.publicUrl}/${tenant}`
    const issuerTenant = tenant === entra.config.tenantId ? tenant : templatedTenant
    return {
      ...shared(entra),
      issuer: `https://sts.windows.net/${issuerTenant}/`,
      // This server has the token and authorize endpoints of v2.0 only.
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      jwks_uri: `${entra.publicUrl}/common/discovery/keys`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      scopes_supported: ['openid'],
    }
  })

  app.get<OfTenant>('/:tenant/discovery/v2.0/keys', async request => {
    const tenant = knownTenant(entra, request.params.tenant)
    const issuerTenant = tenant === entra.config.tenantId ? tenant : templatedTenant
    const keys = await publishedKeys(entra)
    return { keys: keys.map(key => ({ ...key, issuer: `${entra.publicUrl}/${issuerTenant}/v2.0` })) }
  })

  app.get<OfTenant>('/:tenant/discovery/keys', async request => {
    knownTenant(entra, request.params.tenant)
    return { keys: await publishedKeys(entra) }
  })

  app.get('/common/discovery/instance', async () => {
    const host = new URL(entra.publicUrl).host
    return {
      tenant_discovery_endpoint: `${entra.publicUrl}/${entra.config.tenantId}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    }
  })
}

/** `common` and `organizations` are answered too, as documents that hold for every tenant. */
function knownTenant(entra: Entra, tenant: string): string {
  const name = tenant.toLowerCase()
  if (name !== 'common' && name !== 'organizations') checkTenant(entra, name)
  return name
}

async function publishedKeys(entra: Entra) {
  const keys = await entra.keys.published()
  return keys.map(({ kid, modulus, exponent }) => ({
    kty: 'RSA',
    use: 'sig',
    kid,
    x5t: kid,
    n: modulus,
    e: exponent,
    alg: 'RS256',
  }))
}

function shared(entra: Entra) {
  const { host } = new URL(entra.publicUrl)
  return {
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
    response_modes_supported: ['query', 'fragment'],
    response_types_supported: ['code'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['plain', 'S256'],
    request_uri_parameter_supported: false,
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    claims_supported: [
      'sub',
      'iss',
      'aud',
      'exp',
      'iat',
      'nonce',
      'name',
      'oid',
      'tid',
      'preferred_username',
      'sid',
      'ver',
    ],
    tenant_region_scope: 'EU',
    cloud_instance_name: host,
    msgraph_host: host,
  }
}
