import { parseJsonObject } from '../json.ts'

/**
 * The `claims` parameter: what the caller asks for, with the client's capabilities merged into it
 * (learn.microsoft.com/entra/identity-platform/claims-challenge).
 */
export function requestClaims(
  claims: string | undefined,
  capabilities: readonly string[],
): string | undefined {
  if (capabilities.length === 0) return claims
  const asked = parseJsonObject(claims ?? '{}') ?? {}
  const accessToken = { ...asObject(asked['access_token']), xms_cc: { values: capabilities } }
  return JSON.stringify({ ...asked, access_token: accessToken })
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}
