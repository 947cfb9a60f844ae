import { readFile } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import type { AzureAdOptions, CredentialDescription } from '../settings/azure-ad.ts'
import { loadCertificate } from './certificate.ts'
import { type ClientCredential, CredentialUnavailableError } from './credential.ts'
import { loadSignedAssertionFile } from './signed-assertion-file.ts'

export interface CredentialEnvironment {
  readonly clock: Clock
  /** Where a Kubernetes webhook says that the projected token is. */
  readonly federatedTokenFile: string | undefined
}

/** How long the Azure SDK goes on trying a vault that is out of reach. */
const keyVaultPatienceMs = 6000

/**
 * The blueprint's credential: of those configured the first that can be loaded, kept from then on.
 * A signed assertion that once could not be loaded is never tried again (the original needs a restart then).
 */
export class BlueprintCredential {
  readonly #azureAd: AzureAdOptions
  readonly #environment: CredentialEnvironment
  readonly #poisoned = new Set<CredentialDescription>()
  #loaded: ClientCredential | undefined

  constructor(azureAd: AzureAdOptions, environment: CredentialEnvironment) {
    this.#azureAd = azureAd
    this.#environment = environment
  }

  /** @throws {CredentialUnavailableError} when none can be loaded. */
  async load(): Promise<ClientCredential> {
    if (this.#loaded) return this.#loaded
    const causes: unknown[] = []
    for (const description of this.#azureAd.credentials) {
      if (this.#poisoned.has(description)) continue
      try {
        this.#loaded = await this.#loadOne(description)
        return this.#loaded
      } catch (error) {
        causes.push(error)
        if (isSignedAssertion(description)) this.#poisoned.add(description)
      }
    }
    throw new CredentialUnavailableError('IDW10109: no client credential could be loaded.', {
      cause: new AggregateError(causes),
    })
  }

  async #loadOne({ sourceType, value }: CredentialDescription): Promise<ClientCredential> {
    switch (sourceType.toLowerCase()) {
      case 'clientsecret':
        return secret(value('ClientSecret'))
      case 'signedassertionfilepath':
        return loadSignedAssertionFile(
          value('SignedAssertionFileDiskPath') ?? required(this.#environment.federatedTokenFile, sourceType),
          this.#environment.clock,
        )
      case 'path':
        return this.#certificate(await readFile(required(value('CertificateDiskPath'), sourceType)), value)
      case 'base64encoded':
        return this.#certificate(
          Buffer.from(required(value('Base64EncodedValue'), sourceType), 'base64'),
          value,
        )
      case 'keyvault':
        await this.#environment.clock.sleep(keyVaultPatienceMs)
        throw new CredentialUnavailableError('Key Vault is out of reach: this is a stand-in.')
      default:
        throw new CredentialUnavailableError(`${sourceType} cannot be loaded here: this is a stand-in.`)
    }
  }

  #certificate(contents: Buffer, value: CredentialDescription['value']): ClientCredential {
    return loadCertificate(contents, value('CertificatePassword') ?? '', {
      sendX5c: this.#azureAd.sendX5c,
      clock: this.#environment.clock,
    })
  }
}

function secret(value: string | undefined): ClientCredential {
  const fields = [['client_secret', required(value, 'ClientSecret')]] as const
  return { authenticate: () => fields }
}

function isSignedAssertion({ sourceType }: CredentialDescription): boolean {
  return sourceType.toLowerCase().startsWith('signedassertion')
}

function required(value: string | undefined, sourceType: string): string {
  if (value === undefined)
    throw new CredentialUnavailableError(`${sourceType} lacks the setting that it needs.`)
  return value
}
