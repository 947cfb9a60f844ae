import type { EntraCode } from './codes.ts'

/** A refusal as Entra sends it: OAuth error (RFC 6749 §5.2), text with `{names}` to be filled in, suberror and status. */
export interface Wording {
  readonly error: string
  readonly suberror?: string
  /** Default: 401 for `invalid_client`, 400 for all others. */
  readonly status?: number
  readonly text: string
}

/** The token requests of an agent: for T1, for TR as itself, on behalf of a user, or as its own user account. */
export type Leg = 't1' | 'tr' | 'obo' | 'agent-user'

/**
 * Entra's text for each code that the agent distinguishes, shortened where Microsoft’s reference is long. `leg` is the request
 * that Entra usually refuses with this code (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
 *
 * The texts of 28000, 50027, 50078, 50132, 50166, 53002, 70043, 700023, 700212, 900023 and 7002111 are derived from
 * the meaning of the code: no recording and no report of a live tenant shows them.
 */
// biome-ignore format: table
export const words: Readonly<Record<EntraCode, Wording & { readonly leg: Leg }>> = {
  7000215: { leg: 't1', error: 'invalid_client', text: "Invalid client secret provided for app '{client}': send the secret's value, not its id." },
  7000222: { leg: 't1', error: 'invalid_client', text: "The provided client secret keys for app '{client}' are expired." },
  7000218: { leg: 't1', error: 'invalid_client', text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'." },
  7000214: { leg: 't1', error: 'invalid_client', text: 'Certificate has been revoked.' },
  7000277: { leg: 't1', error: 'invalid_client', text: 'The certificate was revoked.' },
  1000502: { leg: 't1', error: 'invalid_client', text: 'The provided certificate is not within its specified validity window.' },
  70021: { leg: 't1', error: 'invalid_client', text: "No matching federated identity record found: '{issuer}', '{subject}', '{audience}'." },
  700211: { leg: 't1', error: 'invalid_client', text: "No matching federated identity record found for presented assertion issuer '{issuer}'." },
  700212: { leg: 't1', error: 'invalid_client', text: "No matching federated identity record found for presented assertion audience '{audience}'." },
  700213: { leg: 't1', error: 'invalid_client', text: "No matching federated identity record found for presented assertion subject '{subject}'." },
  700222: { leg: 't1', error: 'invalid_client', text: 'AAD-issued tokens may not be used for federated identity flows.' },
  700231: { leg: 't1', error: 'invalid_client', text: 'A token that was acquired by a federated identity credential may not be used as one.' },
  700023: { leg: 't1', error: 'invalid_client', text: "Client assertion audience claim '{audience}' does not match the realm of this tenant." },
  700024: { leg: 't1', error: 'invalid_client', text: 'Client assertion is not within its valid time range. Current time: {now}, expiry time: {expiry}.' },
  50027: { leg: 't1', error: 'invalid_request', text: 'JWT token is invalid or malformed: {why}.' },
  50166: { leg: 't1', error: 'invalid_request', text: "Request to External OIDC endpoint failed. Issuer: '{issuer}'." },
  700027: { leg: 't1', error: 'invalid_client', text: "No certificate with identifier '{key}' is registered, or the signature does not verify." },
  7000272: { leg: 't1', error: 'invalid_client', text: "The issuer '{issuer}' publishes no key with the identifier '{key}'." },
  7000274: { leg: 't1', error: 'invalid_client', text: "The signature of the federated credential of issuer '{issuer}' is invalid." },
  50013: { leg: 'obo', error: 'invalid_grant', suberror: 'bad_token', text: 'Assertion failed signature validation: {why}.' },
  500131: { leg: 'obo', error: 'invalid_grant', text: "Assertion audience is '{audience}'; the client that presents it is '{client}'." },
  500133: { leg: 'obo', error: 'invalid_grant', text: 'Assertion is not within its valid time range. Current time: {now}, expiry time: {expiry}.' },
  7000114: { leg: 'obo', error: 'invalid_grant', text: "Application '{client}' presents an assertion that is not a user's token." },
  50034: { leg: 'obo', error: 'invalid_grant', text: "The user account '{user}' does not exist in the directory '{tenant}'." },
  50057: { leg: 'obo', error: 'invalid_grant', text: 'The user account is disabled.' },
  50132: { leg: 'obo', error: 'invalid_grant', text: 'The session is not valid due to password expiration or recent password change.' },
  50173: { leg: 'obo', error: 'invalid_grant', text: 'The provided grant has expired due to it being revoked, a fresh auth token is needed.' },
  70043: { leg: 'obo', error: 'invalid_grant', text: 'The refresh token has expired or is invalid due to sign-in frequency checks by Conditional Access.' },
  65001: { leg: 'obo', error: 'invalid_grant', suberror: 'consent_required', text: "The user or administrator has not consented to use the application with ID '{client}' ({name})." },
  650051: { leg: 'obo', error: 'invalid_client', status: 400, text: 'The service principal exists already from an earlier, partial consent.' },
  82014: { leg: 'obo', error: 'invalid_request', text: "Agent identity '{client}' can't be consented to interactively; grant it permissions through Graph." },
  50072: { leg: 'obo', error: 'interaction_required', text: "You must enroll in multi-factor authentication to access '{resource}'." },
  50074: { leg: 'obo', error: 'interaction_required', text: 'Strong Authentication is required.' },
  50076: { leg: 'obo', error: 'interaction_required', suberror: 'basic_action', text: "You must use multi-factor authentication to access '{resource}'." },
  50078: { leg: 'obo', error: 'interaction_required', text: "Presented multi-factor authentication has expired; you must refresh it to access '{resource}'." },
  50079: { leg: 'obo', error: 'interaction_required', suberror: 'basic_action', text: "You must enroll in multi-factor authentication to access '{resource}'." },
  50158: { leg: 'obo', error: 'interaction_required', suberror: 'additional_action', text: 'External security challenge not satisfied.' },
  53000: { leg: 'obo', error: 'interaction_required', text: 'Device is not in required device state: compliant.' },
  53001: { leg: 'obo', error: 'interaction_required', text: 'Device is not in required device state: domain_joined.' },
  53002: { leg: 'obo', error: 'interaction_required', text: 'The app used is not an approved app for Conditional Access.' },
  53003: { leg: 'obo', error: 'invalid_grant', suberror: 'message_only', text: 'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.' },
  53004: { leg: 'obo', error: 'interaction_required', text: 'User needs to complete the multi-factor authentication registration process.' },
  50105: { leg: 'obo', error: 'invalid_grant', text: "The signed in user is not assigned to a role for the application '{resource}' ({name})." },
  501051: { leg: 'tr', error: 'invalid_grant', text: "Application '{client}' is not assigned to a role for the application '{resource}' ({name})." },
  501461: { leg: 'tr', error: 'invalid_request', text: "AcceptMappedClaims is only supported for a token audience matching the application GUID or an audience within the tenant's verified domains. Either change the resource identifier, or use an application-specific signing key." },
  700016: { leg: 't1', error: 'unauthorized_client', text: "Application with identifier '{client}' was not found in the directory '{tenant}'." },
  7000112: { leg: 't1', error: 'unauthorized_client', text: "Application '{client}' is disabled." },
  500011: { leg: 'tr', error: 'invalid_resource', text: 'The resource principal named {resource} was not found in the tenant named {tenant}.' },
  500014: { leg: 'tr', error: 'invalid_resource', text: "The service principal for resource '{resource}' is disabled." },
  70011: { leg: 'obo', error: 'invalid_scope', text: "The provided value for the input parameter 'scope' is not valid: '{scope}'." },
  28000: { leg: 'obo', error: 'invalid_scope', text: "The scope is not valid because it contains more than one resource: '{scope}'." },
  650053: { leg: 'obo', error: 'invalid_client', status: 400, text: "'{client}' asked for scope '{scope}' that doesn't exist on the resource '{resource}'." },
  82001: { leg: 'tr', error: 'invalid_request', text: "Agentic application '{client}' is not permitted to request {what}." },
  82008: { leg: 't1', error: 'invalid_request', text: "The parameter 'fmi_path' is missing from the request body." },
  70066: { leg: 't1', error: 'invalid_request', text: "'fmi_path' goes with the token exchange only, not with the scope '{scope}'." },
  7002111: { leg: 'tr', error: 'invalid_client', text: "Application '{client}' is not an agent identity." },
  90002: { leg: 't1', error: 'invalid_request', text: "Tenant '{tenant}' not found." },
  900023: { leg: 't1', error: 'invalid_request', text: "Tenant identifier '{tenant}' is neither a GUID nor a valid domain name." },
  90033: { leg: 'tr', error: 'temporarily_unavailable', status: 503, text: 'A transient error has occurred. Please try again.' },
  90055: { leg: 'tr', error: 'temporarily_unavailable', status: 429, text: 'The server received too many requests.' },
  50196: { leg: 'tr', error: 'invalid_grant', text: 'The server terminated an operation because it encountered a client request loop.' },
}
