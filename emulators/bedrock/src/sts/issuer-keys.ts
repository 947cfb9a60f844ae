import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { invalidToken, StsError } from './sts-error.ts'

const fetchTimeoutMs = 5_000

/**
 * The published keys of an issuer, found by its discovery document (OpenID Connect Discovery 1.0 §4).
 * They are fetched for every exchange, as exchanges are rare and keys rotate.
 *
 * @throws {StsError} when the issuer is out of reach or serves no usable keys
 */
export async function fetchIssuerKeys(issuer: string): Promise<ReturnType<typeof createLocalJWKSet>> {
  try {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const discovery = await fetchJson<{ issuer: string; jwks_uri: string }>(url)
    if (discovery.issuer !== issuer) throw noKeysError()
    return createLocalJWKSet(await fetchJson<JSONWebKeySet>(discovery.jwks_uri))
  } catch (error) {
    throw error instanceof StsError ? error : noKeysError()
  }
}

export const noKeysError = () =>
  invalidToken(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  )

/** The caller has to validate the document. */
async function fetchJson<Expected>(url: string): Promise<Expected> {
  const signal = AbortSignal.timeout(fetchTimeoutMs)
  const response = await fetch(url, { redirect: 'error', signal }).catch(() => {
    throw new StsError(
      'IDPCommunicationError',
      'The identity provider that was asked to verify the incoming identity token could not be reached.',
    )
  })
  if (!response.ok) throw noKeysError()
  return (await response.json()) as Expected
}
