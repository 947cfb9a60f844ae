import { Flow, Mode } from '@entra-bedrock-agent/identity-trace'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { Config, IdentityConfig } from '../config.ts'

const PublicConfig = Type.Object({
  tenantId: Type.String(),
  authority: Type.String(),
  authorityMetadata: Type.Optional(
    Type.String({
      description: 'OpenID Connect metadata as JSON text; only with a stand-in for Entra on loopback.',
    }),
  ),
  spaClientId: Type.Union([Type.String(), Type.Null()]),
  scopes: Type.Array(Type.String()),
  modes: Type.Array(Mode),
  flows: Type.Array(Flow),
  requireSignIn: Type.Boolean(),
  names: Type.Record(Type.String(), Type.String(), { description: 'What the ids in tokens stand for.' }),
  emulated: Type.Array(Type.String()),
})
type PublicConfig = Static<typeof PublicConfig>

/** `GET /api/config`: what the page may know. Public ids only. */
export const configRoute: FastifyPluginAsyncTypebox<{ readonly config: Config }> = async (
  app,
  { config },
) => {
  const publicConfig = describeConfig(config)
  const schema = { summary: 'What the page may know', response: { 200: PublicConfig } }
  app.get('/api/config', { schema }, async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return publicConfig
  })
}

function describeConfig({ identity, bedrock, requireSignIn, emulated }: Config): PublicConfig {
  const { tenantId, blueprintAppId, agentClientId, weatherApiAppId, spaClientId } = identity
  return {
    tenantId,
    ...describeAuthority(identity),
    spaClientId: spaClientId ?? null,
    scopes: [`api://${blueprintAppId}/access_as_user`],
    modes: 'missing' in bedrock ? ['direct'] : ['direct', 'bedrock'],
    flows: spaClientId === undefined ? ['autonomous'] : ['autonomous', 'obo'],
    requireSignIn,
    names: {
      [tenantId]: 'this tenant',
      [blueprintAppId]: 'blueprint',
      [agentClientId]: 'agent identity',
      [weatherApiAppId]: 'weather API',
      ...(spaClientId === undefined ? {} : { [spaClientId]: 'this page' }),
    },
    emulated: [...emulated],
  }
}

/**
 * MSAL.js refuses an authority that is not https, but takes the endpoints it is given. So a stand-in on loopback gets
 * an https name that is never fetched, and its endpoints beside it.
 */
function describeAuthority({ authority, tenantId }: IdentityConfig) {
  const { protocol, hostname } = new URL(authority)
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  if (protocol !== 'http:' || !isLoopback) return { authority: `${authority}/${tenantId}` }
  const base = `${authority}/${tenantId}`
  return {
    authority: `https://login.localhost/${tenantId}`,
    authorityMetadata: JSON.stringify({
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    }),
  }
}
