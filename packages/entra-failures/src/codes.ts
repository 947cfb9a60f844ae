/** The agent's problem codes for refusals of Entra. */
export type FailureCode =
  | 'AGENT_DISABLED'
  | 'AGENT_NOT_PERMITTED'
  | 'AGENT_USER_NOT_CONSENTED'
  | 'AGENT_USER_UNUSABLE'
  | 'BLUEPRINT_CREDENTIAL_REJECTED'
  | 'CONDITIONAL_ACCESS_REQUIRED'
  | 'CONSENT_REQUIRED'
  | 'ENTRA_REFUSED'
  | 'ENTRA_UNAVAILABLE'
  | 'FEDERATION_MISMATCH'
  | 'SIDECAR_MISCONFIGURED'
  | 'USER_TOKEN_EXPIRED'
  | 'USER_TOKEN_INVALID'
  | 'USER_TOKEN_WRONG_AUDIENCE'

/** What an AADSTS code of Entra's token endpoint means for the agent. */
export interface CodeMeaning {
  readonly code: FailureCode
  /** What happened. Entra's own text is not shown, since it names users and tenants. `{api}` stands for the API's title. */
  readonly says: string
  /** A hint that is more precise than the one in the problem catalogue. `{entry}` stands for the sidecar's entry of the API. */
  readonly hint?: string
  /** Whether the refusal means a missing right at the API, which somebody can grant. */
  readonly lacksRight?: true
  /** Whether a Conditional Access policy refuses in a way that no sign-in changes. */
  readonly blockedByPolicy?: true
  /**
   * Whether a retry may succeed. All other refusals persist until somebody changes the configuration. `spreading`: the configuration
   * may be right, and not known to all of Entra's servers yet, so that several retries are worth it.
   */
  readonly transient?: true | 'spreading'
}

export interface Refusal extends CodeMeaning {
  /** The meaning if Entra's text names the agent identity. */
  readonly ofAgent?: CodeMeaning
  /** The meaning in the autonomous flow, and in the flow of an agent user unless `asAgentUser` is set. */
  readonly asItself?: CodeMeaning
  /** The meaning when the agent asks as its own user account. */
  readonly asAgentUser?: CodeMeaning
  /**
   * Entra gives this code only to requests for the API's token. If Entra's text names the blueprint instead of the agent,
   * the sidecar did not act as the agent.
   */
  readonly asksForApi?: true
}

const assertionRefused: CodeMeaning = {
  code: 'ENTRA_REFUSED',
  says: 'Entra does not accept the assertion that the sidecar sent.',
}
const assertionOutdated: CodeMeaning = {
  code: 'ENTRA_REFUSED',
  says: 'Entra says that the assertion is outside its validity.',
}
const agentStopped: CodeMeaning = {
  code: 'CONDITIONAL_ACCESS_REQUIRED',
  says: 'A Conditional Access policy refuses the agent identity a token for the {api}.',
  hint: 'Let an administrator look at the Conditional Access policies for agent and workload identities: nobody can complete a challenge in the autonomous flow.',
  blockedByPolicy: true,
}
const userChallenged: Refusal = {
  code: 'CONDITIONAL_ACCESS_REQUIRED',
  says: 'A Conditional Access policy wants more from the user.',
  asItself: agentStopped,
  asAgentUser: {
    code: 'AGENT_USER_UNUSABLE',
    says: 'A Conditional Access policy refuses the agent’s user account a token for the {api}.',
    hint: 'Let an administrator look at the Conditional Access policies for agent users: nobody can complete a challenge for one.',
    blockedByPolicy: true,
  },
  asksForApi: true,
}
const userBlocked: Refusal = {
  ...userChallenged,
  asItself: {
    ...agentStopped,
    hint: 'Let an administrator look at the Conditional Access policies for agent and workload identities, and at the risk of this agent: asking again does not change the answer.',
  },
  says: 'A Conditional Access policy refuses a token for the {api} on behalf of this user.',
  hint: 'Let an administrator look at the Conditional Access policies for this user, the risk of the user and the network included: no sign-in changes the answer.',
  blockedByPolicy: true,
}
const credentialRefused: Refusal = {
  code: 'BLUEPRINT_CREDENTIAL_REJECTED',
  says: 'Entra rejected the blueprint’s certificate or secret.',
}
const federationRefused: Refusal = {
  code: 'FEDERATION_MISMATCH',
  says: 'No federated credential of the blueprint matches the pod’s token.',
}
const keyUnknown = {
  code: 'FEDERATION_MISMATCH',
  says: 'Entra cannot verify the signature of the client assertion.',
  hint: 'Check that the key id of the pod’s token is in the public key set of its issuer, or that the certificate is the one on the blueprint.',
} as const
const assignmentMissing: Refusal = {
  code: 'AGENT_NOT_PERMITTED',
  says: 'The {api} demands an assignment that the agent identity, its user account or the user does not have.',
  asksForApi: true,
}
const signInOutdated: Refusal = {
  code: 'USER_TOKEN_EXPIRED',
  says: 'Entra wants the user to sign in afresh.',
  asItself: assertionRefused,
  asAgentUser: {
    code: 'AGENT_USER_UNUSABLE',
    says: 'Entra has revoked what it issued for the agent’s user account.',
    hint: 'Ask again; if it stays, restart the sidecar, which then starts with T1 and T2 again.',
  },
}
const userUnknown: Refusal = {
  code: 'USER_TOKEN_INVALID',
  says: 'Entra has no active account of this user.',
  hint: 'Let an administrator see that the account exists and is enabled. Then sign in again.',
  asItself: assertionRefused,
  asAgentUser: {
    code: 'AGENT_USER_UNUSABLE',
    says: 'Entra has no active account of the agent’s user.',
    hint: 'Check that the agent user exists, is enabled, and is the one that is configured for this agent. A new one takes minutes to be known everywhere.',
  },
}
const scopeUnknown: Refusal = {
  code: 'SIDECAR_MISCONFIGURED',
  says: 'Entra does not accept the scope that the sidecar asks for.',
  hint: 'Set DownstreamApis__{entry}__Scopes__0 of the sidecar to api://<the API’s client id>/.default.',
}
const agentPathRefused = {
  code: 'SIDECAR_MISCONFIGURED',
  hint: 'Check the version of the sidecar, and that the agent’s clientId is an agent identity of its blueprint.',
} as const
const tenantUnknown: Refusal = {
  code: 'SIDECAR_MISCONFIGURED',
  says: 'Entra knows no such tenant.',
  hint: 'Check AzureAd__TenantId of the sidecar.',
}
const entraBusy: Refusal = { code: 'ENTRA_UNAVAILABLE', says: 'Entra is busy.', transient: true }

// biome-ignore format: table
const rows = {
  7000215: { ...credentialRefused, says: 'The sidecar’s client secret is not one of the application that AzureAd__ClientId names.' },
  7000222: {
    ...credentialRefused,
    says: 'The blueprint’s client secret has expired.',
    hint: 'Create a new secret on the blueprint and give it to the sidecar, or move to workload identity federation.',
  },
  7000218: { ...credentialRefused, says: 'The sidecar sent no credential for the blueprint.', hint: 'Configure AzureAd__ClientCredentials__0__* on the sidecar.' },
  7000214: credentialRefused,
  7000277: credentialRefused,
  1000502: { ...credentialRefused, says: 'The blueprint’s certificate is outside its validity.' },

  70021: federationRefused,
  700211: { ...federationRefused, says: 'No federated credential of the blueprint has this issuer, or the tenant is another.' },
  700212: { ...federationRefused, says: 'No federated credential of the blueprint has this audience.' },
  700213: {
    ...federationRefused,
    says: 'No federated credential of the blueprint has this subject.',
    hint: 'Compare the subject of the blueprint’s federated credential with that of the pod’s token, letter by letter. If the credential was made in the last minutes, wait: Entra does not know it everywhere at once.',
    transient: 'spreading',
    ofAgent: {
      code: 'AGENT_NOT_PERMITTED',
      says: 'The agent identity is of another blueprint than the one that the sidecar authenticates as.',
      hint: 'Check the agent’s clientId, and AzureAd__ClientId of the sidecar: it has to be the client id of the agent’s own blueprint.',
    },
  },
  700222: { ...federationRefused, says: 'The agent’s clientId is of an application that is no agent identity, or the blueprint’s federated credential names Entra itself as its issuer.', hint: 'Check the agent’s clientId: it must be an agent identity’s id, not that of the API, the page or another application. If it is one, federate the blueprint with the cluster’s issuer.' },
  700231: {
    ...federationRefused,
    says: 'A token that was itself obtained by a federated credential was used as one.',
    hint: 'Federate the ServiceAccount with the blueprint directly, not through a managed identity that is federated itself.',
  },
  700023: { ...federationRefused, says: 'The client assertion was made for another audience.' },
  700024: { ...federationRefused, says: 'The client assertion is outside its validity.', hint: 'Check that the projected token file is renewed and that the clocks agree.' },
  50027: { ...federationRefused, says: 'The client assertion is not a JWT that Entra can read.' },
  50166: {
    ...federationRefused,
    says: 'Entra cannot fetch the keys of the issuer of the pod’s token.',
    hint: 'Check that the issuer’s /.well-known/openid-configuration and its key set can be read from the internet.',
  },
  700027: { ...keyUnknown, hint: `${keyUnknown.hint} If Entra has taken away a key of its own, restart the sidecar, which then gets another T1.` },
  7000272: keyUnknown,
  7000274: keyUnknown,

  50013: { code: 'USER_TOKEN_INVALID', says: 'Entra does not accept the user’s token as an assertion for the blueprint.', asItself: assertionRefused },
  500131: { code: 'USER_TOKEN_WRONG_AUDIENCE', says: 'Entra says that the user’s token is not for the blueprint.', asItself: assertionRefused },
  500133: { code: 'USER_TOKEN_EXPIRED', says: 'Entra says that the user’s token is outside its validity.', asItself: assertionOutdated },
  7000114: { code: 'USER_TOKEN_INVALID', says: 'The token is an application’s; only a user’s token can be exchanged on behalf of somebody.', asItself: assertionRefused },
  50034: userUnknown,
  50057: userUnknown,
  50132: signInOutdated,
  50173: signInOutdated,
  70043: signInOutdated,

  65001: {
    code: 'CONSENT_REQUIRED',
    says: 'The agent identity has no grant for the {api}.',
    lacksRight: true,
    hint: 'Let an administrator grant the API’s scope to the agent identity for all users (oauth2PermissionGrant). If there is a grant, look whether the API still has the scope by this name and enabled, and the grant has it without a leading blank.',
    asAgentUser: {
      code: 'AGENT_USER_NOT_CONSENTED',
      lacksRight: true,
      says: 'The agent identity has no grant for the {api} as its own user account.',
      hint: 'Let an administrator grant the API’s scope to the agent identity for its agent user (oauth2PermissionGrant, consentType Principal). If there is a grant, look whether the API still has the scope by this name and enabled, and the grant has it without a leading blank; a new one takes minutes to be known everywhere.',
    },
    asksForApi: true,
  },
  650051: {
    code: 'CONSENT_REQUIRED',
    says: 'A consent was given in part, and Entra refuses to complete it.',
    lacksRight: true,
    hint: 'Let an administrator create the app role assignment or oauth2PermissionGrant for the agent identity with Microsoft Graph.',
  },
  82014: {
    code: 'CONSENT_REQUIRED',
    says: 'Nobody can consent to an agent identity interactively.',
    lacksRight: true,
    hint: 'Let an administrator create the oauth2PermissionGrant for the agent identity with Microsoft Graph.',
  },
  50072: userChallenged,
  50074: userChallenged,
  50076: userChallenged,
  50078: userChallenged,
  50079: userChallenged,
  50158: userChallenged,
  53000: userChallenged,
  53001: userChallenged,
  53002: userChallenged,
  53003: userBlocked,
  53004: userChallenged,

  50105: assignmentMissing,
  501051: { ...assignmentMissing, lacksRight: true },
  501461: {
    code: 'SIDECAR_MISCONFIGURED',
    says: 'Entra puts mapped claims into no token for the name by which the sidecar asks for the API.',
    hint: 'Set DownstreamApis__{entry}__Scopes__0 of the sidecar to <the API’s client id>/.default, without api://; or set acceptMappedClaims of the API’s application to false, and its tokens no longer tell of agents.',
  },
  700016: {
    code: 'SIDECAR_MISCONFIGURED',
    says: 'Entra finds no such application in the tenant.',
    hint: 'Check AzureAd__ClientId (the blueprint’s) and AzureAd__TenantId of the sidecar, and that the blueprint has a principal in the tenant.',
    ofAgent: {
      code: 'AGENT_NOT_PERMITTED',
      says: 'Entra finds no such agent identity in the tenant.',
      hint: 'Check the agent’s clientId, and that the agent identity was created from this blueprint.',
    },
  },
  7000112: {
    code: 'SIDECAR_MISCONFIGURED',
    says: 'The application that the sidecar signs in as is disabled.',
    hint: 'Let an administrator enable the blueprint’s principal.',
    ofAgent: { code: 'AGENT_DISABLED', says: 'The agent identity is disabled.' },
  },
  500011: {
    code: 'SIDECAR_MISCONFIGURED',
    says: 'Entra knows no such API in the tenant.',
    hint: 'Check DownstreamApis__{entry}__Scopes__0 of the sidecar, and that the API’s application has this identifier URI and a service principal.',
  },
  500014: {
    code: 'AGENT_NOT_PERMITTED',
    says: 'The {api} is disabled in the tenant.',
    hint: 'Enable the API’s service principal: Entra admin center, Enterprise applications.',
  },
  70011: scopeUnknown,
  28000: scopeUnknown,
  650053: scopeUnknown,
  82001: {
    code: 'SIDECAR_MISCONFIGURED',
    says: 'An agent identity asked for a token in a way that Entra does not allow it.',
    hint: 'Set AzureAd__ClientId of the sidecar to the blueprint’s id, not to the agent identity’s.',
    asksForApi: true,
  },
  82008: { ...agentPathRefused, says: 'The request for T1 named no agent identity (fmi_path).' },
  70066: { ...agentPathRefused, says: 'The request for T1 asked for an API instead of the token exchange.' },
  7002111: {
    code: 'SIDECAR_MISCONFIGURED',
    says: 'The blueprint’s id was used where an agent identity’s belongs.',
    hint: 'Check that the agent’s clientId is the agent identity’s id, not the blueprint’s.',
  },
  90002: tenantUnknown,
  900023: tenantUnknown,

  90033: entraBusy,
  90055: { ...entraBusy, says: 'Entra is throttling.' },
  50196: { code: 'ENTRA_UNAVAILABLE', says: 'Entra saw the same request too often and blocks it for a while.', hint: 'Wait a few minutes, then try again.' },
} satisfies Readonly<Record<number, Refusal>>

/** The AADSTS codes that the agent distinguishes. */
export type EntraCode = keyof typeof rows

/** Refusals by AADSTS code. Names and meanings: https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
export const refusals: Readonly<Record<number, Refusal>> = rows
