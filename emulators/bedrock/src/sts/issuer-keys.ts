import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { invalidIdentityToken, StsError } from './sts-error.ts'

const fetchTimeoutMs = 5_000

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
  const signal = AbortSignal.timeout(fetchTimeoutMs)
  const response = await fetch(url, { redirect: 'error', signal }).catch(() => {
    throw new StsError(
      'IDPCommunicationError',
      'The identity provider that was asked to verify the incoming identity token could not be reached.',
    )
  })
  const body: unknown = response.ok ? await response.json().catch(() => undefined) : undefined
  if (typeof body !== 'object' || body === null) throw noKeys()
  return { ...body }
}

function isKeySet(value: Record<string, unknown>): value is Record<string, unknown> & JSONWebKeySet {
  return Array.isArray(value['keys'])
}
