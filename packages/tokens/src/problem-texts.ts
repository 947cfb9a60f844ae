/** The texts of a problem (RFC 9457). */
export interface ProblemWords {
  readonly status: number
  readonly title: string
  readonly hint: string
}

/** The problems of tokens, by their codes without the API's prefix. Codes of status 503 get no prefix. */
export const tokenProblems = {
  TOKEN_MISSING: {
    status: 401,
    title: 'The call carries no bearer token.',
    hint: 'Send one "Authorization: Bearer …" header with a token for this API; a token anywhere else is ignored.',
  },
  TOKEN_REJECTED: {
    status: 401,
    title: 'The token is not one that this API trusts.',
    hint: 'The failed check is in the response. Compare the token with the tenant, app id and authority that this API is set up with, and get a fresh one if it expired.',
  },
  FORBIDDEN: {
    status: 403,
    title: 'The token is good, but does not carry the right to call this API.',
    hint: 'Assign the app role to the agent identity, or grant it the scope for users, and list its client id among the callers of this API.',
  },
  DENIED: {
    status: 403,
    title: 'The agent is on the deny list of this API.',
    hint: 'Somebody switched it off here on purpose. Find out why; to bring it back, take its row out of the list.',
  },
  DENY_LIST_UNAVAILABLE: {
    status: 503,
    title: 'The list of agents that are switched off cannot be read.',
    hint: 'Check that the file or URL of the deny list is there, and a JSON array of rows. No token passes until then.',
  },
  CONTEXT_MISSING: {
    status: 401,
    title: 'The token is good, but does not prove the authentication context that this call needs.',
    hint: 'Let the user sign in again with the claims of the challenge, and get the token anew with these claims.',
  },
  SIGNING_KEYS_UNAVAILABLE: {
    status: 503,
    title: 'The keys that tokens are checked with are out of reach.',
    hint: 'Check that this API reaches Entra (DNS, network policy, proxy) and that its tenant id is right. No token passes until then.',
  },
} as const satisfies Readonly<Record<string, ProblemWords>>
