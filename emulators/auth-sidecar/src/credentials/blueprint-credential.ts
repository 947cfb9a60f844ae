import { readFile } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import { parseJwt } from '../jwt.ts'
import type { CredentialDescription } from '../settings/azure-ad.ts'
import { assertionFields, type ClientCredential, loadCertificate } from './credential.ts'

/** How long the Azure SDK keeps trying to reach an unreachable vault. */
const keyVaultTimeoutMs = 6000

/**
 * Loads the first credential that can be loaded, which is kept from then on. A signed assertion that could not be loaded is not
 * tried again.
 *
 * @param federatedTokenFile path of the projected token, as set by the workload identity webhook
 * @returns a function that throws when no configured credential can be loaded
 */
export function blueprintCredential(
  descriptions: readonly CredentialDescription[],
  federatedTokenFile: string | undefined,
  clock: Clock,
): () => Promise<ClientCredential> {
  const poisoned = new Set<CredentialDescription>()
  let loaded: ClientCredential | undefined
  const loadFirst = async () => {
    const causes: unknown[] = []
    for (const description of descriptions.filter(one => !poisoned.has(one)))
      try {
        return await loadOne(description, federatedTokenFile, clock)
      } catch (error) {
        causes.push(error)
        if (/^signedassertion/i.test(description.sourceType)) poisoned.add(description)
      }
    throw new AggregateError(causes, 'IDW10109: no client credential could be loaded.')
  }
  return async () => {
    loaded ??= await loadFirst()
    return loaded
  }
}

async function loadOne(
  { sourceType, value }: CredentialDescription,
  federatedTokenFile: string | undefined,
  clock: Clock,
): Promise<ClientCredential> {
  switch (sourceType.toLowerCase()) {
    case 'clientsecret': {
      const fields = { client_secret: requireSetting(value('ClientSecret')) }
      return async () => fields
    }
    case 'signedassertionfilepath':
      return loadAssertionFile(
        value('SignedAssertionFileDiskPath') ?? requireSetting(federatedTokenFile),
        clock,
      )
    case 'path': {
      const contents = await readFile(requireSetting(value('CertificateDiskPath')))
      return loadCertificate(contents, value('CertificatePassword') ?? '', clock)
    }
    case 'keyvault':
      await clock.sleep(keyVaultTimeoutMs)
      throw new Error('Key Vault is out of reach of this emulator.')
    default:
      throw new Error(`${sourceType} is not emulated.`)
  }
}

/** A projected service account token; the file is read again only when the token that was read last has expired. */
async function loadAssertionFile(path: string, clock: Clock): Promise<ClientCredential> {
  let current = await readAssertion(path)
  return async () => {
    if (clock.nowMs() > current.expiresAtMs) current = await readAssertion(path)
    return assertionFields(current.assertion)
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
