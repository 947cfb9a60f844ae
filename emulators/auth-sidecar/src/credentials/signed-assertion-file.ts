import { readFile } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import { decodeSegment } from '../inbound/jwt.ts'
import { assertionFields, type ClientCredential, CredentialUnavailableError } from './credential.ts'

/** A projected service account token; the file is read again only when the token read last has expired. */
export async function loadSignedAssertionFile(path: string, clock: Clock): Promise<ClientCredential> {
  let current = await readAssertion(path)
  return {
    async authenticate() {
      if (clock.now() > current.expiresAtMs) current = await readAssertion(path)
      return assertionFields(current.assertion)
    },
  }
}

async function readAssertion(path: string): Promise<{ assertion: string; expiresAtMs: number }> {
  const assertion = (await readFile(path, 'utf8')).trim()
  const claims = decodeSegment(assertion.split('.')[1])
  if (!claims) throw new CredentialUnavailableError(`${path} does not hold a JWT.`)
  const expiry = claims['exp']
  return { assertion, expiresAtMs: typeof expiry === 'number' ? expiry * 1000 : Number.POSITIVE_INFINITY }
}
