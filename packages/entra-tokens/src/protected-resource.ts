import type { FastifyInstance } from 'fastify'

const metadataRoot = '/.well-known/oauth-protected-resource'

/** The metadata by which clients obtain tokens for an API. */
export interface ProtectedResource {
  /** The API's URL as clients know it. */
  readonly url: string
  readonly title: string
  readonly issuer: string
  /** Full names such as `api://<app id>/Weather.Read`: Entra looks for a bare name at Microsoft Graph. */
  readonly scopes: readonly string[]
}

const textSchema = { type: 'string' }
const textsSchema = { type: 'array', items: textSchema }
const properties = {
  resource: textSchema,
  resource_name: textSchema,
  authorization_servers: textsSchema,
  scopes_supported: textsSchema,
  bearer_methods_supported: textsSchema,
}
const routeSchema = {
  summary: 'Where do tokens come from?',
  response: {
    200: { type: 'object', required: Object.keys(properties), properties, additionalProperties: false },
  },
}

/** The path of a resource's metadata, derived from the path of the resource (RFC 9728 §3.1). */
const metadataPath = (url: string) => `${metadataRoot}${new URL(url).pathname.replace(/\/$/, '')}`

/** The paths that serve the metadata: the resource's own, and the bare well-known path, the only one that some clients try. */
export function metadataPaths(url: string): readonly string[] {
  return [...new Set([metadataRoot, metadataPath(url)])]
}

/** Publishes a resource's metadata, by which clients find out where to obtain tokens (RFC 9728). */
export function publishMetadata(
  app: FastifyInstance,
  { url, title, issuer, scopes }: ProtectedResource,
): void {
  const metadata = {
    resource: url,
    resource_name: title,
    authorization_servers: [issuer],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
  }
  for (const path of metadataPaths(url)) app.get(path, { schema: routeSchema }, async () => metadata)
}

/**
 * The parameters of a challenge: the missing scope and the URL of the metadata (RFC 9728 §5.1).
 *
 * @param scope the full name of the missing scope
 */
export function metadataChallenge({ url }: Pick<ProtectedResource, 'url'>, scope: string): string {
  return `, scope="${scope}", resource_metadata="${new URL(metadataPath(url), url)}"`
}
