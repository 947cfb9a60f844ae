import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { invalidIdentityToken, StsError } from './sts-error.ts'

const fetchTimeoutMs = 5_000
const maxBodyBytes = 256 * 1024

/**
 * The published keys of an issuer, found by its discovery document (OpenID Connect Discovery 1.0 §4).
 * They are fetched for every exchange, as exchanges are rare and keys rotate.
 *
 * @throws {StsError} when the issuer is out of reach or serves no usable keys
 */
export async function fetchIssuerKeys(issuer: string): Promise<ReturnType<typeof createLocalJWKSet>> {
  const discovery = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const jwksUri = discovery['jwks_uri']
  if (discovery['issuer'] !== issuer || typeof jwksUri !== 'string') throw noKeys()
  const keys = await fetchJson(jwksUri)
  if (!isKeySet(keys)) throw noKeys()
  return createLocalJWKSet(keys)
}

export function noKeys(): StsError {
  return invalidIdentityToken(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  )
}

async function fetchJson(url: string): Promise<Record<string, unknown>> {
  const response = await request(url)
  if (!response.ok) throw noKeys()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > maxBodyBytes) throw noKeys()
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw noKeys()
  }
}

async function request(url: string): Promise<Response> {
  try {
    return await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(fetchTimeoutMs),
    })
  } catch {
    throw new StsError(
      'IDPCommunicationError',
      400,
      'The identity provider that was asked to verify the incoming identity token could not be reached.',
    )
  }
}

function isKeySet(value: Record<string, unknown>): value is Record<string, unknown> & JSONWebKeySet {
  return Array.isArray(value['keys'])
}
