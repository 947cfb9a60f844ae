import { refusal } from '../errors/entra-error.ts'

/** A claims challenge that names conditional-access policies. */
export function policyChallenge(policies: readonly string[]): string {
  return JSON.stringify({ access_token: { capolids: { essential: true, values: policies } } })
}

/** The policies in the `claims` parameter of a sign-in, as `policyChallenge` wrote them. */
export function readPolicies(claims: string | undefined): readonly string[] {
  try {
    const values: unknown = JSON.parse(claims ?? '{}')?.access_token?.capolids?.values
    return Array.isArray(values) ? values.filter(value => typeof value === 'string') : []
  } catch {
    throw refusal(9002313, { what: 'claims parameter' }, { error: 'invalid_request' })
  }
}
