import { refusal } from '../errors/entra-error.ts'

type WantedClaims = Partial<Record<string, { readonly value?: unknown; readonly values?: unknown } | null>>

/** What a `claims` parameter demands of the access token, and says of the client. @throws {EntraError} 9002313 if it is no JSON */
export function readClaims(claims: string | undefined) {
  const wanted = parse(claims)?.access_token
  const { value, values = [value] } = wanted?.['acrs'] ?? {}
  return {
    /** Authentication contexts (`acrs`, of `c1` to `c99`). */
    contexts: strings([values].flat()).filter(one => /^c[1-9][0-9]?$/.test(one)),
    /** Conditional Access policies (`capolids`). */
    policies: strings(wanted?.['capolids']?.values),
    /** What the client can do, such as `cp1`: handle claims challenges. */
    capabilities: strings(wanted?.['xms_cc']?.values),
  }
}

function strings(values: unknown): readonly string[] {
  return Array.isArray(values) ? values.filter(value => typeof value === 'string') : []
}

function parse(claims = '{}'): { readonly access_token?: WantedClaims | null } | null {
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
