import type { Settings } from './settings.ts'

/** One entry of `AzureAd:ClientCredentials`: its `SourceType`, and a function that reads its other keys. */
export interface CredentialDescription {
  readonly sourceType: string
  /** Returns the value of a key of this entry, such as `ClientSecret` or `CertificateDiskPath`. */
  readonly value: (key: string) => string | undefined
}

export interface AzureAdOptions {
  /** The URL of Entra, without trailing slash. */
  readonly instance: string
  readonly tenantId: string
  readonly clientId: string
  /** If `undefined`, the token's version decides which audience is accepted. */
  readonly audiences: readonly string[] | undefined
  /** Only `/Validate` uses this text, and takes all of it as one scope: the text `a b` matches no token. */
  readonly scopes: string | undefined
  readonly credentials: readonly CredentialDescription[]
  /** Client capabilities that the blueprint declares, such as `cp1` for claims challenges. */
  readonly clientCapabilities: readonly string[]
}

/** Reads the section `AzureAd`. Without application or tenant the sidecar starts, too, but responds with an empty 500 only. */
export function readAzureAd(settings: Settings): AzureAdOptions | undefined {
  const tenantId = settings.text('AzureAd:TenantId')
  const clientId = settings.text('AzureAd:ClientId')
  if (!tenantId || !clientId) return undefined
  const audiences = [
    ...(settings.list('AzureAd:Audiences') ?? []),
    ...[settings.text('AzureAd:Audience') ?? []].flat(),
  ]
  return {
    instance: (settings.text('AzureAd:Instance') ?? 'https://login.microsoftonline.com').replace(/\/+$/, ''),
    tenantId,
    clientId,
    audiences: audiences.length > 0 ? audiences : undefined,
    scopes: settings.text('AzureAd:Scopes'),
    credentials: readCredentials(settings),
    clientCapabilities: settings.list('AzureAd:ClientCapabilities') ?? [],
  }
}

function readCredentials(settings: Settings): readonly CredentialDescription[] {
  const path = 'AzureAd:ClientCredentials'
  return settings.childNames(path).flatMap(index => {
    const value = (key: string) => settings.text(`${path}:${index}:${key}`)
    const sourceType = value('SourceType')
    return sourceType === undefined ? [] : [{ sourceType, value }]
  })
}
