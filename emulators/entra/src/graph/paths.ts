const graphPath = /^\/v1\.0\//i
const alternateKey = /\((appId|name)='([^'/]+)'\)/gi
const casts = 'agentIdentityBlueprintPrincipal|agentIdentityBlueprint|agentIdentity'
const castAfterId = new RegExp(`^(/[^/]+/[^/]+/[^/?]+)/microsoft\\.graph\\.(?:${casts})(?=/|$)`, 'i')
const castBeforeId = new RegExp(`^(/[^/]+/[^/]+)/microsoft\\.graph\\.(?:${casts})(?=/)`, 'i')

/** Normalises URLs of Graph: `applications(appId='x')` becomes `applications/appId=x`, and type casts are removed. */
export function normalizeGraphUrl(url: string): string {
  if (!graphPath.test(url)) return url
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
