import type { Settings } from './settings.ts'

/** One entry of `AzureAd:ClientCredentials`: its `SourceType`, and a function that reads its other keys, such as `ClientSecret`. */
export type CredentialDescription = ReturnType<typeof readCredentials>[number]
export type AzureAdOptions = NonNullable<ReturnType<typeof readAzureAd>>

/** Reads the section `AzureAd`. Without application or tenant the sidecar starts, too, but responds with an empty 500 only. */
export function readAzureAd(settings: Settings) {
  const tenantId = settings.text('AzureAd:TenantId')
  const clientId = settings.text('AzureAd:ClientId')
  if (!tenantId || !clientId) return undefined
  const audiences = [settings.list('AzureAd:Audiences') ?? [], settings.text('AzureAd:Audience') ?? []].flat()
  return {
    /** The URL of Entra, without trailing slash. */
    instance: (settings.text('AzureAd:Instance') ?? 'https://login.microsoftonline.com').replace(/\/+$/, ''),
    tenantId,
    clientId,
    /** If `undefined`, the token's version decides which audience is accepted. */
    audiences: audiences.length > 0 ? audiences : undefined,
    /** Only `/Validate` uses this text, and takes all of it as one scope: the text `a b` matches no token. */
    scopes: settings.text('AzureAd:Scopes'),
    credentials: readCredentials(settings),
    /** Client capabilities that the blueprint declares, such as `cp1` for claims challenges. */
    clientCapabilities: settings.list('AzureAd:ClientCapabilities') ?? [],
  }
}

function readCredentials(settings: Settings) {
  const path = 'AzureAd:ClientCredentials'
  return settings.childNames(path).flatMap(index => {
    const value = (key: string) => settings.text(`${path}:${index}:${key}`)
    const sourceType = value('SourceType')
    return sourceType === undefined ? [] : [{ sourceType, value }]
  })
}
