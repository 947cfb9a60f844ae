import {
  commonProblems,
  defineProblems,
  type ProblemError,
  type ProblemKind,
  type ProblemOptions,
} from '@entra-agents/service-kit'

/**
 * Failures of identities, tokens and calls under them. 401 means that the user's token is missing or unusable, 403 that the token
 * is good but a right is missing, 502 that something behind the agent answered wrongly or has to be set up, and 503 that a later
 * try may succeed.
 */
export const identityProblems = {
  SIGN_IN_REQUIRED: {
    status: 401,
    title: 'This needs a signed-in user, and no token of one was sent.',
    hint: 'Sign in, then send the message again.',
  },
  USER_TOKEN_INVALID: {
    status: 401,
    title: 'The user’s token is not a valid token of this tenant.',
    hint: 'Sign out and sign in again.',
  },
  USER_TOKEN_EXPIRED: {
    status: 401,
    title: 'The user’s token has expired.',
    hint: 'Renew the token silently, or sign in again.',
  },
  USER_TOKEN_WRONG_AUDIENCE: {
    status: 401,
    title: 'The user’s token was issued for another application.',
    hint: 'Ask for the scope api://<blueprintAppId>/access_as_user: the audience must be the blueprint.',
  },
  USER_TOKEN_SCOPE_MISSING: {
    status: 403,
    title: 'The user’s token does not let this application act for the user.',
    hint: 'Sign in with the scope api://<blueprintAppId>/access_as_user and grant it.',
  },
  SIGN_IN_NOT_CONFIGURED: {
    status: 503,
    title: 'No application is set up for people to sign in to, so the agent cannot act for anybody.',
    hint: 'Set CLIENT_SPA_APP_ID to the client id of the single-page application, or use the autonomous flow.',
  },
  CONSENT_REQUIRED: {
    status: 403,
    title: 'Nobody has consented to the agent using the API on behalf of users.',
    hint: 'Let an administrator grant the agent identity the API’s delegated permission (an oauth2PermissionGrant).',
  },
  CONDITIONAL_ACCESS_REQUIRED: {
    status: 403,
    title: 'A Conditional Access policy does not let the agent have this token.',
    hint: 'Sign in again interactively and complete what is asked, such as multifactor authentication.',
  },
  STEP_UP_REQUIRED: {
    status: 403,
    title: 'The API wants the user to authenticate more strongly before it changes anything.',
    hint: 'Confirm that it is you, in the window that the page opens. Nothing has been changed.',
  },
  STEP_UP_NOT_CARRIED: {
    status: 502,
    title: 'The user has authenticated as the API wants it, but the agent’s token does not prove it.',
    hint: 'Let an administrator see that the optional claim acrs is configured for the application of the API, and that a policy names the context. Nothing has been changed.',
  },

  SIDECAR_UNREACHABLE: {
    status: 503,
    title: 'The Entra Auth SDK sidecar does not respond.',
    hint: 'Check that the sidecar runs beside the agent, in its pod, and listens at the url that the agent has for it.',
  },
  SIDECAR_REFUSED_CALLER: {
    status: 502,
    title: 'The sidecar refuses callers that do not come through the loopback interface.',
    hint: 'Run the sidecar in the agent’s own pod, and give the agent http://localhost:5000 as its url.',
  },
  SIDECAR_MISCONFIGURED: {
    status: 502,
    title: 'The sidecar’s configuration does not fit this agent.',
    hint: 'Compare AzureAd__TenantId, AzureAd__ClientId and DownstreamApis__* of the sidecar with the agent’s settings.',
  },
  SIDECAR_FAILED: {
    status: 502,
    title: 'The sidecar failed to obtain a token; the cause is only in its own log.',
    hint: 'Read the sidecar’s log: either it cannot reach Entra (AzureAd__Instance, egress), or its credential could not be loaded; then fix that and restart the sidecar, because it never tries such a credential again.',
  },
  BLUEPRINT_CREDENTIAL_REJECTED: {
    status: 502,
    title: 'Entra rejected the blueprint’s credential.',
    hint: 'Put a valid secret value (not the secret’s id) of the blueprint into the sidecar, and the blueprint’s id into AzureAd__ClientId; or move to workload identity federation.',
  },
  FEDERATION_MISMATCH: {
    status: 502,
    title: 'Entra does not trust the pod’s service account token for this blueprint.',
    hint: 'Compare issuer, subject and audience of the blueprint’s federated credential with the pod’s token, letter by letter, and see that the agent’s clientId is an agent identity’s id.',
  },
  AGENT_NOT_PERMITTED: {
    status: 502,
    title: 'The agent identity is unknown to Entra or may not use the API.',
    hint: 'See that the agent’s clientId is an agent identity of the blueprint, and assign the API’s app role to it.',
  },
  AGENT_DISABLED: {
    status: 502,
    title: 'The agent identity is switched off.',
    hint: 'Let an administrator enable its service principal in Entra; other agents of the blueprint are not affected.',
  },
  AGENT_USER_NOT_CONSENTED: {
    status: 502,
    title: 'Nobody has consented to the agent using the API as its own user account.',
    hint: 'Let an administrator grant the agent identity the API’s delegated permission for its agent user (an oauth2PermissionGrant).',
  },
  AGENT_USER_UNUSABLE: {
    status: 502,
    title: 'Entra issues no token for the agent’s user account.',
    hint: 'Check that the agent user exists, is enabled and has this agent identity as its parent, and that the agent is configured with its object id.',
  },
  ENTRA_UNAVAILABLE: {
    status: 503,
    title: 'Microsoft Entra ID is out of reach or asks to come back later.',
    hint: 'Try again in a moment; if it stays, check the way to the host of authority (login.microsoftonline.com) on port 443.',
  },
  ENTRA_REFUSED: {
    status: 502,
    title: 'Entra refused to issue a token.',
    hint: 'Look the AADSTS code up at https://login.microsoftonline.com/error?code=<number>.',
  },
  AGENT_IDENTITY_NOT_HONOURED: {
    status: 502,
    title: 'The sidecar returned a token of another identity than the agent’s; it was not used.',
    hint: 'Set Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated=true on the sidecar.',
  },
  TOKEN_FLOW_MISMATCH: {
    status: 502,
    title: 'The sidecar returned a token of another flow or of another user; it was not used.',
    hint: 'Set RequestAppToken=true for the API’s autonomous entry (DownstreamApis__<name>App) and false for the other on the sidecar.',
  },

  API_TOKEN_REJECTED: {
    status: 502,
    title: 'An API rejected the agent’s token.',
    hint: 'Compare tenantId, authority and the API’s appId, as the agent has them, with the API’s own settings.',
  },
  API_FORBIDDEN: {
    status: 502,
    title: 'An API does not allow the agent to do this.',
    hint: 'Grant the agent identity the API’s app role (autonomous) or delegated scope (on behalf of users).',
  },
  API_UNAVAILABLE: {
    status: 503,
    title: 'An API does not respond, or cannot do its work at the moment.',
    hint: 'Try again in a moment; if it stays, read the API’s log, and check that it runs at the url that the agent has for it.',
  },
  API_ECHOED_TOKEN: {
    status: 502,
    title: 'An API sent back a part of the token that it got.',
    hint: 'Ask who runs the API why it does so: whoever reads its responses could use the token. If it cannot be trusted, take it out of the configuration.',
  },
} as const satisfies Record<string, ProblemKind>

export type IdentityProblemCode = keyof typeof identityProblems | keyof typeof commonProblems

const makeProblem = defineProblems({ ...commonProblems, ...identityProblems })

/** The challenge that goes with a refused user token (RFC 6750 §3); every 401 must carry one. */
const challenges: Partial<Record<IdentityProblemCode, string>> = {
  SIGN_IN_REQUIRED: 'Bearer',
  USER_TOKEN_INVALID: 'Bearer error="invalid_token"',
  USER_TOKEN_EXPIRED: 'Bearer error="invalid_token"',
  USER_TOKEN_WRONG_AUDIENCE: 'Bearer error="invalid_token"',
  USER_TOKEN_SCOPE_MISSING: 'Bearer error="insufficient_scope", scope="access_as_user"',
}

/** Makes such a failure: `throw identityProblem('SIGN_IN_REQUIRED', 'No bearer token was sent.')`. */
export function identityProblem(
  code: IdentityProblemCode,
  detail: string,
  options: ProblemOptions = {},
): ProblemError {
  const challenge = challenges[code]
  return makeProblem(code, detail, {
    ...options,
    ...(challenge ? { headers: { 'www-authenticate': challenge, ...options.headers } } : {}),
  })
}
