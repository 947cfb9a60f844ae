import { readFile } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import { parseJwt } from '../jwt.ts'
import type { CredentialDescription } from '../settings/azure-ad.ts'
import { loadCertificate } from './certificate.ts'
import { assertionFields, type ClientCredential } from './credential.ts'

/** How long the Azure SDK keeps trying to reach an unreachable vault. */
const keyVaultTimeoutMs = 6000

/** The first credential that can be loaded, kept from then on. A signed assertion that could not be loaded is not tried again. */
export class BlueprintCredential {
  readonly #descriptions: readonly CredentialDescription[]
  readonly #clock: Clock
  /** Path of the projected token, as set by the workload identity webhook. */
  readonly #federatedTokenFile: string | undefined
  readonly #poisoned = new Set<CredentialDescription>()
  #loaded: ClientCredential | undefined

  constructor(
    descriptions: readonly CredentialDescription[],
    federatedTokenFile: string | undefined,
    clock: Clock,
  ) {
    this.#descriptions = descriptions
    this.#federatedTokenFile = federatedTokenFile
    this.#clock = clock
  }

  /** @throws when no configured credential can be loaded. */
  async load(): Promise<ClientCredential> {
    const causes: unknown[] = []
    for (const description of this.#descriptions) {
      if (this.#loaded) break
      if (this.#poisoned.has(description)) continue
      try {
        this.#loaded = await this.#loadOne(description)
      } catch (error) {
        causes.push(error)
        if (/^signedassertion/i.test(description.sourceType)) this.#poisoned.add(description)
      }
    }
    if (this.#loaded) return this.#loaded
    throw new AggregateError(causes, 'IDW10109: no client credential could be loaded.')
  }

  async #loadOne({ sourceType, value }: CredentialDescription): Promise<ClientCredential> {
    switch (sourceType.toLowerCase()) {
      case 'clientsecret': {
        const fields = [['client_secret', requireSetting(value('ClientSecret'))]] as const
        return { authenticate: async () => fields }
      }
      case 'signedassertionfilepath':
        return loadAssertionFile(
          value('SignedAssertionFileDiskPath') ?? requireSetting(this.#federatedTokenFile),
          this.#clock,
        )
      case 'path': {
        const contents = await readFile(requireSetting(value('CertificateDiskPath')))
        return loadCertificate(contents, value('CertificatePassword') ?? '', this.#clock)
      }
      case 'keyvault':
        await this.#clock.sleep(keyVaultTimeoutMs)
        throw new Error('Key Vault is out of reach of this emulator.')
      default:
        throw new Error(`${sourceType} is not emulated.`)
    }
  }
}

/** A projected service account token; the file is read again only when the token that was read last has expired. */
async function loadAssertionFile(path: string, clock: Clock): Promise<ClientCredential> {
  let current = await readAssertion(path)
  return {
    async authenticate() {
      if (clock.nowMs() > current.expiresAtMs) current = await readAssertion(path)
      return assertionFields(current.assertion)
    },
  }
}

async function readAssertion(path: string): Promise<{ assertion: string; expiresAtMs: number }> {
  const assertion = (await readFile(path, 'utf8')).trim()
  const jwt = parseJwt(assertion)
  if (!jwt) throw new Error(`${path} does not hold a JWT.`)
  return { assertion, expiresAtMs: (jwt.claims.exp ?? Number.POSITIVE_INFINITY) * 1000 }
}

function requireSetting(value: string | undefined): string {
  if (value === undefined) throw new Error('A credential lacks the setting that it needs.')
  return value
}
