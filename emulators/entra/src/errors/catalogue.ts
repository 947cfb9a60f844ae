import { type Wording, words } from '@entra-agents/entra-failures/words'

/** Refusals that the sidecar never gets (https://learn.microsoft.com/entra/identity-platform/reference-error-codes). */
// biome-ignore format: table
const ownRefusals = {
  65004: { error: 'access_denied', text: 'User declined to consent to access the app.' },
  70016: { error: 'authorization_pending', text: 'OAuth 2.0 device flow error. Authorization is pending. Continue polling.' },
  70018: { error: 'bad_verification_code', text: 'The verification code is not one that was issued to this application.' },
  70019: { error: 'expired_token', text: 'The verification code has expired.' },
  90094: { error: 'access_denied', text: "An administrator of the organization must consent to the permissions that '{name}' asks for." },
  16000: { error: 'interaction_required', text: 'Several users are signed in; the request does not say which one it is for.' },
  700038: { error: 'unauthorized_client', text: '{client} is not a valid application identifier.' },
  7002137: { error: 'invalid_client', text: "No matching federated identity record found for presented assertion subject '{subject}'." },
  82002: { error: 'invalid_request', text: "Application '{client}' is no agent identity, and may not request tokens for a user." },
  50000: { error: 'server_error', text: 'There was an error issuing a token.' },
  700021: { error: 'invalid_client', text: "Client assertion application identifier doesn't match 'client_id' parameter '{client}'." },
  700025: { error: 'invalid_client', text: "Client is public so neither 'client_assertion' nor 'client_secret' should be presented." },
  54005: { error: 'invalid_grant', text: 'OAuth2 Authorization code was already redeemed, please retry with a new valid code.' },
  70008: { error: 'invalid_grant', suberror: 'bad_token', text: 'The provided authorization code is expired.' },
  501481: { error: 'invalid_grant', text: 'The Code_Verifier does not match the code_challenge supplied in the authorization request.' },
  700005: { error: 'invalid_grant', text: 'The {what} was issued to another application.' },
  700082: { error: 'invalid_grant', suberror: 'bad_token', text: 'The refresh token has expired due to inactivity.' },
  700084: { error: 'invalid_grant', suberror: 'bad_token', text: 'The refresh token of a single-page application has a fixed, limited lifetime, which is over.' },
  9002313: { error: 'invalid_grant', text: 'Invalid request. The {what} is malformed or invalid.' },
  50011: { error: 'invalid_request', text: "The redirect URI '{uri}' is not one of those configured for the application '{client}'." },
  50194: { error: 'invalid_request', text: "Application '{client}'({name}) is not configured as a multi-tenant application. Use a tenant-specific endpoint or configure the application to be multi-tenant." },
  70007: { error: 'invalid_request', text: "'{mode}' is not a supported value of 'response_mode'." },
  90009: { error: 'invalid_request', text: "Application '{client}'({name}) is requesting a token for itself. This scenario is supported only if resource is specified using the GUID based App Identifier." },
  90023: { error: 'invalid_request', text: "Unsupported 'prompt' value '{prompt}'." },
  900144: { error: 'invalid_request', text: "The request body must contain the following parameter: '{parameter}'." },
  9000411: { error: 'invalid_request', text: "The request is not properly formatted. The parameter '{parameter}' is duplicated." },
  9002325: { error: 'invalid_request', text: 'Proof Key for Code Exchange is required for cross-origin authorization code redemption.' },
  9002326: { error: 'invalid_request', text: "Cross-origin token redemption is not permitted for the request origin '{origin}'." },
  9002327: { error: 'invalid_request', text: 'Tokens of a single-page application may only be redeemed via cross-origin requests.' },
  9002324: { error: 'invalid_request', text: "The request has both 'client_secret' and 'client_assertion'; only one of them may be presented." },
  1002012: { error: 'invalid_scope', text: 'The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).' },
  9010010: { error: 'invalid_target', text: "The resource parameter provided in the request doesn't match with the requested scopes." },
  50058: { error: 'login_required', text: 'A silent sign-in request was sent but no user is signed in.' },
  70003: { error: 'unsupported_grant_type', text: "The app requested an unsupported grant type '{grantType}'." },
  700054: { error: 'unsupported_response_type', text: "response_type '{type}' is not enabled for the application." },
} satisfies Readonly<Record<number, Wording>>

export type RefusalCode = keyof typeof words | keyof typeof ownRefusals

const allRefusals: Readonly<Record<number, Wording>> = { ...words, ...ownRefusals }

/** The wording of a code, if the code is known; the emulator may use this wording for injected faults only. */
export function findRefusal(code: number): (Wording & { readonly status: number }) | undefined {
  const wording = allRefusals[code]
  return wording && { status: wording.error === 'invalid_client' ? 401 : 400, ...wording }
}
