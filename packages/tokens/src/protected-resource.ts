import type { AccessNeeds } from './access.ts'
import type { CheckedOptions } from './options.ts'

const metadataRoot = '/.well-known/oauth-protected-resource'

/** The metadata by which clients find out where to obtain tokens (RFC 9728), and the paths that serve it. */
export interface ResourceMetadata {
  readonly paths: readonly string[]
  readonly body: Readonly<Record<string, string | readonly string[]>>
}

/** The path of a resource's metadata, derived from the path of the resource (RFC 9728 §3.1). */
const metadataPath = (url: string) => `${metadataRoot}${new URL(url).pathname.replace(/\/$/, '')}`

/** @returns `undefined` if the API has no public URL */
export function describeResource(api: CheckedOptions): ResourceMetadata | undefined {
  const { resource, name, title = name, authority, tenantId } = api
  if (resource === undefined) return undefined
  return {
    // Some clients try only the bare well-known path.
    paths: [...new Set([metadataRoot, metadataPath(resource)])],
    body: {
      resource,
      resource_name: title,
      authorization_servers: [`${authority}/${tenantId}/v2.0`],
      scopes_supported: scopesOf(api, api),
      bearer_methods_supported: ['header'],
    },
  }
}

/** Whether a request asks for the metadata. */
export function asksFor(
  { paths }: ResourceMetadata,
  { method, url }: { readonly method?: string | undefined; readonly url: string },
): boolean {
  return method === 'GET' && paths.includes(new URL(url, 'http://localhost').pathname)
}

/**
 * The scopes that are enough for a call on behalf of a user, by full names such as `api://<app id>/Weather.Read`: Entra looks for
 * a bare name at Microsoft Graph.
 */
function scopesOf({ appId }: CheckedOptions, { permissions }: AccessNeeds): readonly string[] {
  return [permissions.obo ?? '.default'].flat().map(scope => `api://${appId}/${scope}`)
}

/** The parameters of a challenge: the missing scope and the URL of the metadata (RFC 9728 §5.1); empty without a public URL. */
export function metadataPointer(api: CheckedOptions, needs: AccessNeeds): string {
  const { resource } = api
  if (resource === undefined) return ''
  const [scope] = scopesOf(api, needs)
  return `, scope="${scope}", resource_metadata="${new URL(metadataPath(resource), resource)}"`
}
