import type { FastifyInstance } from 'fastify'

const wellKnown = '/.well-known/oauth-protected-resource'

/** What clients need to know to obtain tokens for an API. */
export interface ProtectedResource {
  /** Its URL as clients know it. */
  readonly url: string
  readonly title: string
  readonly issuer: string
  readonly scope: string
}

const schema = {
  summary: 'Where do tokens come from?',
  response: {
    200: {
      type: 'object',
      required: [
        'resource',
        'resource_name',
        'authorization_servers',
        'scopes_supported',
        'bearer_methods_supported',
      ],
      properties: {
        resource: { type: 'string' },
        resource_name: { type: 'string' },
        authorization_servers: { type: 'array', items: { type: 'string' } },
        scopes_supported: { type: 'array', items: { type: 'string' } },
        bearer_methods_supported: { type: 'array', items: { type: 'string' } },
      },
      additionalProperties: false,
    },
  },
}

/** Where the metadata of a resource is (RFC 9728 §3.1): at the address that goes with its own. */
const metadataPath = (url: string) => `${wellKnown}${new URL(url).pathname.replace(/\/$/, '')}`

/** Addresses of the metadata: some clients look at the root only. */
export function metadataPaths(url: string): readonly string[] {
  return [...new Set([wellKnown, metadataPath(url)])]
}

/** Tells clients where to obtain tokens for a resource (RFC 9728). */
export function publishMetadata(
  app: FastifyInstance,
  { url, title, issuer, scope }: ProtectedResource,
): void {
  const metadata = {
    resource: url,
    resource_name: title,
    authorization_servers: [issuer],
    scopes_supported: [scope],
    bearer_methods_supported: ['header'],
  }
  for (const path of metadataPaths(url)) app.get(path, { schema }, async () => metadata)
}

/** What the challenge of a refusal says besides, so that a client finds the metadata (RFC 9728 §5.1). */
export function pointerToMetadata({ url, scope }: ProtectedResource): string {
  return `, scope="${scope}", resource_metadata="${new URL(metadataPath(url), url)}"`
}
