export const graphVersions = ['v1.0', 'beta'] as const
export type GraphVersion = (typeof graphVersions)[number]

const graphPath = /^\/(?:v1\.0|beta)\//i
const alternateKey = /\((appId)='([^'/]+)'\)/gi
const casts = 'agentIdentityBlueprintPrincipal|agentIdentityBlueprint|agentIdentity'
const castAfterId = new RegExp(`^(/[^/]+/[^/]+/[^/?]+)/microsoft\\.graph\\.(?:${casts})(?=/|$)`, 'i')
const castBeforeId = new RegExp(`^(/[^/]+/[^/]+)/microsoft\\.graph\\.(?:${casts})(?=/)`, 'i')

/** Whether a URL is one of Graph. */
export function isGraphUrl(url: string): boolean {
  return graphPath.test(url)
}

/** Normalises URLs of Graph: `applications(appId='x')` becomes `applications/appId=x`, and type casts are removed. */
export function normalizeGraphUrl(url: string): string {
  if (!isGraphUrl(url)) return url
  const [path = '', ...query] = url.split('?')
  const normalized = path
    .replaceAll('%27', "'")
    .replaceAll('%28', '(')
    .replaceAll('%29', ')')
    .replace(alternateKey, '/$1=$2')
    .replace(castBeforeId, '$1')
    .replace(castAfterId, '$1')
  return [normalized, ...query].join('?')
}
