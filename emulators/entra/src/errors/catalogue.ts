interface Refusal {
  /** The OAuth 2.0 error code (RFC 6749 §5.2). */
  readonly error: string
  readonly suberror?: string
  readonly status?: number
  /** The sentence after the code; `{name}` is filled in. */
  readonly text: string
}

/**
 * What this Entra says no with (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
 * `invalid_client` is answered with 401, all else with 400 unless it says otherwise.
 */
export const refusals = {
  // The request
  90002: { error: 'invalid_request', text: "Tenant '{tenant}' not found." },
  900023: {
    error: 'invalid_request',
    text: "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.",
  },
  900144: {
    error: 'invalid_request',
    text: "The request body must contain the following parameter: '{parameter}'.",
  },
  9000411: {
    error: 'invalid_request',
    text: "The request is not properly formatted. The parameter '{parameter}' is duplicated.",
  },
  70003: {
    error: 'unsupported_grant_type',
    text: "The app requested an unsupported grant type '{grantType}'.",
  },
  70011: {
    error: 'invalid_scope',
    text: "The provided value for the input parameter 'scope' is not valid. The scope '{scope}' is not valid.",
  },
  28000: {
    error: 'invalid_scope',
    text: "The input parameter scope is not valid because it contains more than one resource: '{scope}'.",
  },
  650053: {
    error: 'invalid_client',
    status: 400,
    text: "The application '{client}' asked for scope '{scope}' that doesn't exist on the resource '{resource}'.",
  },
  500011: {
    error: 'invalid_resource',
    text: 'The resource principal named {resource} was not found in the tenant named {tenant}.',
  },

  // The client
  700016: {
    error: 'unauthorized_client',
    text: "Application with identifier '{client}' was not found in the directory '{tenant}'.",
  },
  7000112: { error: 'unauthorized_client', text: "Application '{client}' is disabled." },
  7000215: {
    error: 'invalid_client',
    text: "Invalid client secret provided for app '{client}': send the secret's value, not its id.",
  },
  7000218: {
    error: 'invalid_client',
    text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
  },
  7000222: {
    error: 'invalid_client',
    text: "The provided client secret keys for app '{client}' are expired.",
  },
  700025: {
    error: 'invalid_client',
    text: "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
  },
  82001: {
    error: 'invalid_request',
    text: "Agentic application '{client}' is not permitted to use this flow: {flow}.",
  },
  82014: {
    error: 'invalid_request',
    text: "Agent identity '{client}' can't be consented to interactively; an administrator grants it permissions through Microsoft Graph.",
  },

  // Client assertions
  50027: { error: 'invalid_request', text: 'JWT token is invalid or malformed: {why}.' },
  50166: { error: 'invalid_request', text: "Request to External OIDC endpoint failed. Issuer: '{issuer}'." },
  700021: {
    error: 'invalid_client',
    text: "Client assertion application identifier doesn't match 'client_id' parameter '{client}'.",
  },
  700023: {
    error: 'invalid_client',
    text: "Client assertion audience claim '{audience}' does not match the realm of this tenant.",
  },
  700024: {
    error: 'invalid_client',
    text: 'Client assertion is not within its valid time range. Current time: {now}, expiry time of assertion {expiry}.',
  },
  700027: {
    error: 'invalid_client',
    text: "The certificate with identifier '{key}' used to sign the client assertion is not registered on application, or the signature does not verify.",
  },
  70021: {
    error: 'invalid_client',
    text: "No matching federated identity record found for presented assertion. Assertion Issuer: '{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: '{audience}'.",
  },
  700211: {
    error: 'invalid_client',
    text: "No matching federated identity record found for presented assertion issuer '{issuer}'.",
  },
  700212: {
    error: 'invalid_client',
    text: "No matching federated identity record found for presented assertion audience '{audience}'.",
  },
  700213: {
    error: 'invalid_client',
    text: "No matching federated identity record found for presented assertion subject '{subject}'.",
  },
  700222: {
    error: 'invalid_client',
    text: 'AAD-issued tokens may not be used for federated identity flows.',
  },
  7000272: {
    error: 'invalid_client',
    text: "The key with identifier '{key}' used to sign the federated credential could not be found in the metadata of issuer '{issuer}'.",
  },
  7000274: {
    error: 'invalid_client',
    text: "The signature of the federated credential of issuer '{issuer}' is invalid.",
  },

  // The person, and what the person or an administrator allowed
  16000: {
    error: 'interaction_required',
    text: 'Several people are signed in; the request does not say which one it is for.',
  },
  50034: {
    error: 'invalid_grant',
    text: "The user account '{user}' does not exist in the directory '{tenant}'.",
  },
  50058: {
    error: 'login_required',
    text: 'A silent sign-in request was sent but no user is signed in.',
  },
  65001: {
    error: 'invalid_grant',
    suberror: 'consent_required',
    text: "The user or administrator has not consented to use the application with ID '{client}' named '{name}'. Send an interactive authorization request for this user and resource.",
  },
  65004: { error: 'access_denied', text: 'User declined to consent to access the app.' },
  50105: {
    error: 'invalid_grant',
    text: "The signed in user is not assigned to a role for the application '{resource}' ({name}).",
  },
  501051: {
    error: 'invalid_grant',
    text: "Application '{client}' is not assigned to a role for the application '{resource}' ({name}).",
  },
  50013: {
    error: 'invalid_grant',
    suberror: 'bad_token',
    text: 'Assertion failed signature validation: {why}.',
  },
  500131: {
    error: 'invalid_grant',
    text: "Assertion audience does not match the client app presenting the assertion. The audience in the assertion was '{audience}' and the expected one is '{client}'.",
  },
  500133: {
    error: 'invalid_grant',
    text: 'Assertion is not within its valid time range. Current time: {now}, expiry time of assertion {expiry}.',
  },
  7000114: {
    error: 'invalid_grant',
    text: "Application '{client}' is not allowed to make application on-behalf-of calls: the assertion is not a user's token.",
  },

  // Authorization code and refresh token
  50011: {
    error: 'invalid_request',
    text: "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the application '{client}'.",
  },
  90023: { error: 'invalid_request', text: "Unsupported 'prompt' value '{prompt}'." },
  70007: { error: 'invalid_request', text: "'{mode}' is not a supported value of 'response_mode'." },
  700054: {
    error: 'unsupported_response_type',
    text: "response_type '{type}' is not enabled for the application.",
  },
  9002325: {
    error: 'invalid_request',
    text: 'Proof Key for Code Exchange is required for cross-origin authorization code redemption.',
  },
  9002326: {
    error: 'invalid_request',
    text: "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Request origin: '{origin}'.",
  },
  9002327: {
    error: 'invalid_request',
    text: "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.",
  },
  501481: {
    error: 'invalid_grant',
    text: 'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
  },
  9002313: { error: 'invalid_grant', text: 'Invalid request. The {what} is malformed or invalid.' },
  700005: { error: 'invalid_grant', text: 'The {what} was issued to another application.' },
  54005: {
    error: 'invalid_grant',
    text: 'OAuth2 Authorization code was already redeemed, please retry with a new valid code.',
  },
  70008: {
    error: 'invalid_grant',
    suberror: 'bad_token',
    text: 'The provided authorization code is expired.',
  },
  700084: {
    error: 'invalid_grant',
    suberror: 'bad_token',
    text: 'The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime, which is over.',
  },
  700082: {
    error: 'invalid_grant',
    suberror: 'bad_token',
    text: 'The refresh token has expired due to inactivity.',
  },

  // Only on demand of a test: they have no cause inside this stand-in
  50076: {
    error: 'interaction_required',
    suberror: 'basic_action',
    text: "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '{resource}'.",
  },
  50079: {
    error: 'interaction_required',
    suberror: 'basic_action',
    text: "You must enroll in multi-factor authentication to access '{resource}'.",
  },
  50158: {
    error: 'interaction_required',
    suberror: 'additional_action',
    text: 'External security challenge not satisfied.',
  },
  53003: {
    error: 'invalid_grant',
    suberror: 'message_only',
    text: 'Access has been blocked by Conditional Access policies.',
  },
  50196: {
    error: 'invalid_grant',
    text: 'The server terminated an operation because it encountered a client request loop.',
  },
  90033: {
    error: 'temporarily_unavailable',
    status: 503,
    text: 'A transient error has occurred. Please try again.',
  },
  90055: { error: 'temporarily_unavailable', status: 429, text: 'The server received too many requests.' },
  650051: {
    error: 'invalid_client',
    status: 400,
    text: 'The service principal exists already from an earlier, partial consent; grant the missing permissions to it.',
  },
} as const satisfies Record<number, Refusal>

export type RefusalCode = keyof typeof refusals

export function isRefusalCode(code: number): code is RefusalCode {
  return Object.hasOwn(refusals, code)
}
