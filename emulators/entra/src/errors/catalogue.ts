/**
 * What this Entra refuses with, by OAuth error (RFC 6749 §5.2) and AADSTS code; `{name}` is filled in
 * (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
 */
const texts = {
  invalid_request: {
    50011: "The redirect URI '{uri}' is not one of those configured for the application '{client}'.",
    50027: 'JWT token is invalid or malformed: {why}.',
    50166: "Request to External OIDC endpoint failed. Issuer: '{issuer}'.",
    70007: "'{mode}' is not a supported value of 'response_mode'.",
    70066: "'fmi_path' goes with the token exchange only, not with the scope '{scope}'.",
    82001: "Agentic application '{client}' is not permitted to request {what}.",
    82008: "The parameter 'fmi_path' is missing from the request body.",
    82014:
      "Agent identity '{client}' can't be consented to interactively; grant it permissions through Graph.",
    90002: "Tenant '{tenant}' not found.",
    90023: "Unsupported 'prompt' value '{prompt}'.",
    900023: "Tenant identifier '{tenant}' is neither a GUID nor a valid domain name.",
    900144: "The request body must contain the following parameter: '{parameter}'.",
    9000411: "The request is not properly formatted. The parameter '{parameter}' is duplicated.",
    9002325: 'Proof Key for Code Exchange is required for cross-origin authorization code redemption.',
    9002326: "Cross-origin token redemption is not permitted for the request origin '{origin}'.",
    9002327: 'Tokens of a single-page application may only be redeemed via cross-origin requests.',
  },
  invalid_scope: {
    28000: "The scope is not valid because it contains more than one resource: '{scope}'.",
    70011: "The provided value for the input parameter 'scope' is not valid: '{scope}'.",
  },
  invalid_resource: {
    500011: 'The resource principal named {resource} was not found in the tenant named {tenant}.',
  },
  invalid_target: {
    9010010: "The resource parameter provided in the request doesn't match with the requested scopes.",
  },
  unsupported_grant_type: { 70003: "The app requested an unsupported grant type '{grantType}'." },
  unsupported_response_type: { 700054: "response_type '{type}' is not enabled for the application." },
  unauthorized_client: {
    700016: "Application with identifier '{client}' was not found in the directory '{tenant}'.",
    7000112: "Application '{client}' is disabled.",
  },
  invalid_client: {
    70021: "No matching federated identity record found: '{issuer}', '{subject}', '{audience}'.",
    650051: 'The service principal exists already from an earlier, partial consent.',
    650053: "'{client}' asked for scope '{scope}' that doesn't exist on the resource '{resource}'.",
    700021: "Client assertion application identifier doesn't match 'client_id' parameter '{client}'.",
    700023: "Client assertion audience claim '{audience}' does not match the realm of this tenant.",
    700024:
      'Client assertion is not within its valid time range. Current time: {now}, expiry time: {expiry}.',
    700025: "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    700027: "No certificate with identifier '{key}' is registered, or the signature does not verify.",
    700211: "No matching federated identity record found for presented assertion issuer '{issuer}'.",
    700212: "No matching federated identity record found for presented assertion audience '{audience}'.",
    700213: "No matching federated identity record found for presented assertion subject '{subject}'.",
    700222: 'AAD-issued tokens may not be used for federated identity flows.',
    700231: 'A token that was acquired by a federated identity credential may not be used as one.',
    7000215: "Invalid client secret provided for app '{client}': send the secret's value, not its id.",
    7000218: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    7000222: "The provided client secret keys for app '{client}' are expired.",
    7000272: "The issuer '{issuer}' publishes no key with the identifier '{key}'.",
    7000274: "The signature of the federated credential of issuer '{issuer}' is invalid.",
  },
  invalid_grant: {
    50013: 'Assertion failed signature validation: {why}.',
    50034: "The user account '{user}' does not exist in the directory '{tenant}'.",
    50105: "The signed in user is not assigned to a role for the application '{resource}' ({name}).",
    50196: 'The server terminated an operation because it encountered a client request loop.',
    53003: 'Access has been blocked by Conditional Access policies.',
    54005: 'OAuth2 Authorization code was already redeemed, please retry with a new valid code.',
    65001: "The user or administrator has not consented to use the application with ID '{client}' ({name}).",
    70008: 'The provided authorization code is expired.',
    500131: "Assertion audience is '{audience}'; the client that presents it is '{client}'.",
    500133: 'Assertion is not within its valid time range. Current time: {now}, expiry time: {expiry}.',
    501051: "Application '{client}' is not assigned to a role for the application '{resource}' ({name}).",
    501481: 'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
    700005: 'The {what} was issued to another application.',
    700082: 'The refresh token has expired due to inactivity.',
    700084: 'The refresh token of a single-page application has a fixed, limited lifetime, which is over.',
    7000114: "Application '{client}' presents an assertion that is not a user's token.",
    9002313: 'Invalid request. The {what} is malformed or invalid.',
  },
  login_required: { 50058: 'A silent sign-in request was sent but no user is signed in.' },
  access_denied: { 65004: 'User declined to consent to access the app.' },
  interaction_required: {
    16000: 'Several users are signed in; the request does not say which one it is for.',
    50076: "You must use multi-factor authentication to access '{resource}'.",
    50079: "You must enroll in multi-factor authentication to access '{resource}'.",
    50158: 'External security challenge not satisfied.',
  },
  temporarily_unavailable: {
    90033: 'A transient error has occurred. Please try again.',
    90055: 'The server received too many requests.',
  },
} as const

type Texts = typeof texts
export type RefusalCode = { [OAuthError in keyof Texts]: keyof Texts[OAuthError] }[keyof Texts]

const suberrors: Readonly<Record<number, string>> = {
  50013: 'bad_token',
  50076: 'basic_action',
  50079: 'basic_action',
  50158: 'additional_action',
  53003: 'message_only',
  65001: 'consent_required',
  70008: 'bad_token',
  700082: 'bad_token',
  700084: 'bad_token',
}

/** `invalid_client` has the status 401, all else 400, save these. */
const statuses: Readonly<Record<number, number>> = { 650051: 400, 650053: 400, 90033: 503, 90055: 429 }

export interface RefusalKind {
  readonly error: string
  readonly suberror: string | undefined
  readonly status: number
  readonly text: string
}

/** What is known of a code, whether or not anything here refuses with it. */
export function findRefusal(code: number): RefusalKind | undefined {
  for (const [error, byCode] of Object.entries<Readonly<Record<number, string>>>(texts)) {
    const text = byCode[code]
    const status = statuses[code] ?? (error === 'invalid_client' ? 401 : 400)
    if (text !== undefined) return { error, suberror: suberrors[code], status, text }
  }
  return undefined
}
