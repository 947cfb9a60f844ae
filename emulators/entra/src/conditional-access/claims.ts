import { refusal } from '../errors/entra-error.ts'

/** What a `claims` parameter demands of the access token: authentication contexts (`acrs`) and policies (`capolids`). */
interface ClaimsRequest {
  readonly access_token?: Partial<Record<'acrs' | 'capolids' | 'xms_cc', WantedClaim>> | null
}
type WantedClaim = { readonly value?: unknown; readonly values?: unknown } | null

/** The authentication contexts that a claims request names (`acrs`, of `c1` to `c99`). @throws {EntraError} 9002313 if it is no JSON */
export function readAuthenticationContexts(claims: string | undefined): readonly string[] {
  const { value, values = [value] } = readClaims(claims)?.access_token?.acrs ?? {}
  return [values].flat().filter((one): one is string => /^c[1-9][0-9]?$/.test(String(one)))
}

/** The Conditional Access policies that a claims request names (`capolids`). @throws {EntraError} 9002313 if `claims` is no JSON */
export function readPolicies(claims: string | undefined): readonly string[] {
  return strings(readClaims(claims)?.access_token?.capolids?.values)
}

/** What the client can do (`xms_cc`), such as `cp1`: handle claims challenges. @throws {EntraError} 9002313 if `claims` is no JSON */
export function readClientCapabilities(claims: string | undefined): readonly string[] {
  return strings(readClaims(claims)?.access_token?.xms_cc?.values)
}

function strings(values: unknown): readonly string[] {
  return Array.isArray(values) ? values.filter(value => typeof value === 'string') : []
}

function readClaims(claims = '{}'): ClaimsRequest | null {
  try {
    return JSON.parse(claims)
  } catch {
    throw refusal(9002313, { what: 'claims parameter' }, { error: 'invalid_request' })
  }
}

export function contextsChallenge(contexts: readonly string[]): string {
  const [value, ...others] = contexts
  const wanted = others.length > 0 ? { values: contexts } : { value }
  return JSON.stringify({ access_token: { acrs: { essential: true, ...wanted } } })
}

export function policiesChallenge(policies: readonly string[]): string {
  return JSON.stringify({ access_token: { capolids: { essential: true, values: policies } } })
}
