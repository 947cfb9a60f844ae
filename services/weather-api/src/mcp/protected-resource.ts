import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { TokenConfig } from '../config.ts'
import { strictObject } from '../weather/provider.ts'

const wellKnown = '/.well-known/oauth-protected-resource'

const Metadata = strictObject({
  resource: Type.String(),
  resource_name: Type.String(),
  authorization_servers: Type.Array(Type.String()),
  scopes_supported: Type.Array(Type.String()),
  bearer_methods_supported: Type.Array(Type.String()),
})

/** In full, since Entra takes a bare name for one of Microsoft Graph's. */
const scopeOf = ({ weatherApiAppId }: TokenConfig) => `api://${weatherApiAppId}/Weather.Read`

/** Tells MCP clients where to obtain tokens for the resource at this URL (RFC 9728). */
export function publishMetadata(app: FastifyInstance, resource: string, config: TokenConfig): void {
  const metadata = {
    resource,
    resource_name: 'Weather API',
    authorization_servers: [`${config.authority}/${config.tenantId}/v2.0`],
    scopes_supported: [scopeOf(config)],
    bearer_methods_supported: ['header'],
  }
  // Some clients look at the root only, others at the path that goes with the endpoint's.
  for (const path of [wellKnown, `${wellKnown}/mcp`]) {
    app.get(
      path,
      { schema: { summary: 'Where do tokens come from?', response: { 200: Metadata } } },
      async () => metadata,
    )
  }
}

/** Adds to the challenge of every refusal of this plugin's routes where the metadata is (RFC 9728 §5.1). */
export function pointToMetadata(app: FastifyInstance, resource: string, config: TokenConfig): void {
  const metadataUrl = new URL(`${wellKnown}/mcp`, resource)
  app.addHook('onSend', async (_request, reply) => {
    const challenge = reply.getHeader('www-authenticate')
    if (challenge === undefined) return
    reply.header(
      'www-authenticate',
      `${challenge}, scope="${scopeOf(config)}", resource_metadata="${metadataUrl}"`,
    )
  })
}
