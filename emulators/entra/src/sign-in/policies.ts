import { refusal } from '../errors/entra-error.ts'

/** The claims challenge that names conditional-access policies; `readPolicies` reads it back. */
export function policyChallenge(policies: readonly string[]): string {
  return JSON.stringify({ access_token: { capolids: { essential: true, values: policies } } })
}

/** The policies of a challenge that a sign-in comes with. */
export function readPolicies(claims: string | undefined): readonly string[] {
  try {
    const values: unknown = JSON.parse(claims ?? '{}')?.access_token?.capolids?.values
    return Array.isArray(values) ? values.filter(value => typeof value === 'string') : []
  } catch {
    throw refusal(9002313, { what: 'claims parameter' }, { error: 'invalid_request' })
  }
}
