const graphPath = /^\/(v1\.0|beta)\//i
const alternateKey = /\/(applications|servicePrincipals)\(appId='([^'/]+)'\)/i
const casts = 'agentIdentityBlueprintPrincipal|agentIdentityBlueprint|agentIdentity'
const castAfterId = new RegExp(`^(/[^/]+/[^/]+/[^/?]+)/(?:microsoft\\.)?graph\\.(?:${casts})(?=/|$)`, 'i')
const castBeforeId = new RegExp(`^(/[^/]+/[^/]+)/(?:microsoft\\.)?graph\\.(?:${casts})(?=/)`, 'i')
const shortCast = new RegExp(`^(/[^/]+/[^/]+)/graph\\.(${casts})$`, 'i')

/**
 * Brings the many spellings of one Graph address to one: `applications(appId='x')` becomes `applications/appId=x`,
 * type casts around an id are dropped, and `graph.agentIdentity` is spelt out.
 */
export function normalizeGraphUrl(url: string): string {
  if (!graphPath.test(url)) return url
  const [path = '', ...query] = url.split('?')
  const normalized = decodeKey(path)
    .replace(alternateKey, '/$1/appId=$2')
    .replace(castBeforeId, '$1')
    .replace(castAfterId, '$1')
    .replace(shortCast, '$1/microsoft.graph.$2')
  return [normalized, ...query].join('?')
}

function decodeKey(path: string): string {
  return path.replaceAll('%27', "'").replaceAll('%28', '(').replaceAll('%29', ')')
}
