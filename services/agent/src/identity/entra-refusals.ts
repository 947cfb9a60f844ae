import { type ActsAs, flows } from '@entra-bedrock-agent/identity-trace'
import type { AgentProblemCode } from '../problems.ts'
import { flowRules } from './flows.ts'
import type { TokenRequest } from './token-request.ts'

/** What an AADSTS code of Entra's token endpoint means for the agent. */
export interface EntraRefusal {
  readonly code: AgentProblemCode
  /** What happened, in our words: Entra's own text names users and tenants. `{api}` stands for the API's title. */
  readonly says: string
  /** The way out, where the catalogue's is not precise enough. `{entry}` stands for the sidecar's entry of the API. */
  readonly hint?: string
  /** Asking again soon may succeed. Everything else stays as it is until somebody changes something. */
  readonly transient?: true
}

/**
 * `agent` holds where Entra's text names the agent identity. `asksForApi`: only the request for the API's token is refused
 * so, and that one is the agent's; where the text names the blueprint instead, the sidecar did not act as the agent.
 */
interface Row extends EntraRefusal {
  readonly agent?: EntraRefusal
  readonly asksForApi?: true
}

const assertionRefused: EntraRefusal = {
  code: 'ENTRA_REFUSED',
  says: 'Entra does not accept the assertion that the sidecar sent.',
}
const moreWanted: Row = {
  code: 'CONDITIONAL_ACCESS_REQUIRED',
  says: 'A Conditional Access policy wants more from the user.',
  asksForApi: true,
}
const agentStopped: EntraRefusal = {
  code: 'CONDITIONAL_ACCESS_REQUIRED',
  says: 'A Conditional Access policy stops the agent identity.',
  hint: 'Let an administrator look at the Conditional Access policies for agent and workload identities: nobody can complete a challenge in the autonomous flow.',
}
const credentialRefused: Row = {
  code: 'BLUEPRINT_CREDENTIAL_REJECTED',
  says: 'Entra rejected the blueprint’s certificate or secret.',
}
const federationRefused: Row = {
  code: 'FEDERATION_MISMATCH',
  says: 'No federated credential of the blueprint matches the pod’s token.',
}
const keyUnknown: Row = {
  code: 'FEDERATION_MISMATCH',
  says: 'Entra cannot verify the signature of the client assertion.',
  hint: 'Check that the key id of the pod’s token is in the public key set of its issuer, or that the certificate is the one on the blueprint.',
}
const assignmentMissing: Row = {
  code: 'AGENT_NOT_PERMITTED',
  says: 'The {api} demands an assignment that the agent identity or the user does not have.',
  asksForApi: true,
}
const signInAfresh: Row = {
  code: 'USER_TOKEN_EXPIRED',
  says: 'Entra wants the user to sign in afresh.',
}
const userUnknown: Row = {
  code: 'USER_TOKEN_INVALID',
  says: 'Entra has no active account of this user.',
}
const userTokenRefused: Row = {
  code: 'USER_TOKEN_INVALID',
  says: 'Entra does not accept the user’s token as an assertion for the blueprint.',
}
const userTokenForOther: Row = {
  code: 'USER_TOKEN_WRONG_AUDIENCE',
  says: 'Entra says that the user’s token is not for the blueprint.',
}
const userTokenOutdated: Row = {
  code: 'USER_TOKEN_EXPIRED',
  says: 'Entra says that the user’s token is outside its validity.',
}
const userTokenOfApp: Row = {
  code: 'USER_TOKEN_INVALID',
  says: 'The token is an application’s; only a user’s token can be exchanged on behalf of somebody.',
}
const scopeUnknown: Row = {
  code: 'SIDECAR_MISCONFIGURED',
  says: 'Entra does not accept the scope that the sidecar asks for.',
  hint: 'Set DownstreamApis__{entry}__Scopes__0 of the sidecar to api://<the API’s client id>/.default.',
}
const agentPathRefused: Omit<Row, 'says'> = {
  code: 'SIDECAR_MISCONFIGURED',
  hint: 'Check the version of the sidecar, and that AGENT_CLIENT_ID is an agent identity of its blueprint.',
}
const tenantUnknown: Row = {
  code: 'SIDECAR_MISCONFIGURED',
  says: 'Entra knows no such tenant.',
  hint: 'Check AzureAd__TenantId of the sidecar.',
}
const comeBackLater: Row = { code: 'ENTRA_UNAVAILABLE', says: 'Entra is busy.', transient: true }

/** Names and meanings: https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
const rows: Readonly<Record<string, Row>> = {
  AADSTS7000215: { ...credentialRefused, says: 'The blueprint’s client secret is wrong.' },
  AADSTS7000222: {
    ...credentialRefused,
    says: 'The blueprint’s client secret has expired.',
    hint: 'Create a new secret on the blueprint and give it to the sidecar, or move to workload identity federation.',
  },
  AADSTS7000218: {
    ...credentialRefused,
    says: 'The sidecar sent no credential for the blueprint.',
    hint: 'Configure AzureAd__ClientCredentials__0__* on the sidecar.',
  },
  AADSTS7000214: credentialRefused,
  AADSTS7000277: credentialRefused,
  AADSTS1000502: { ...credentialRefused, says: 'The blueprint’s certificate is outside its validity.' },

  AADSTS70021: federationRefused,
  AADSTS700211: {
    ...federationRefused,
    says: 'No federated credential of the blueprint has this issuer, or the tenant is another.',
  },
  AADSTS700212: { ...federationRefused, says: 'No federated credential of the blueprint has this audience.' },
  AADSTS700213: { ...federationRefused, says: 'No federated credential of the blueprint has this subject.' },
  AADSTS700222: {
    ...federationRefused,
    says: 'The federated credential names Entra itself as the issuer, which is allowed for managed identities only.',
  },
  AADSTS700231: {
    ...federationRefused,
    says: 'A token that was itself obtained by a federated credential was used as one.',
    hint: 'Federate the ServiceAccount with the blueprint directly, not through a managed identity that is federated itself.',
  },
  AADSTS700023: { ...federationRefused, says: 'The client assertion was made for another audience.' },
  AADSTS700024: {
    ...federationRefused,
    says: 'The client assertion is outside its validity.',
    hint: 'Check that the projected token file is renewed and that the clocks agree.',
  },
  AADSTS50027: { ...federationRefused, says: 'The client assertion is not a JWT that Entra can read.' },
  AADSTS50166: {
    ...federationRefused,
    says: 'Entra cannot fetch the keys of the issuer of the pod’s token.',
    hint: 'Check that the issuer’s /.well-known/openid-configuration and its key set can be read from the internet.',
  },
  AADSTS700027: keyUnknown,
  AADSTS7000272: keyUnknown,
  AADSTS7000274: keyUnknown,

  AADSTS50013: userTokenRefused,
  AADSTS500131: userTokenForOther,
  AADSTS500133: userTokenOutdated,
  AADSTS7000114: userTokenOfApp,

  AADSTS50034: userUnknown,
  AADSTS50057: userUnknown,
  AADSTS50132: signInAfresh,
  AADSTS50173: signInAfresh,
  AADSTS70043: signInAfresh,

  AADSTS65001: {
    code: 'CONSENT_REQUIRED',
    says: 'The agent identity has no grant for the {api}.',
    asksForApi: true,
  },
  AADSTS650051: {
    code: 'CONSENT_REQUIRED',
    says: 'A consent was given in part, and Entra refuses to complete it.',
    hint: 'Let an administrator create the app role assignment or oauth2PermissionGrant for the agent identity with Microsoft Graph.',
  },
  AADSTS82014: {
    code: 'CONSENT_REQUIRED',
    says: 'Nobody can consent to an agent identity interactively.',
    hint: 'Let an administrator create the oauth2PermissionGrant for the agent identity with Microsoft Graph.',
  },
  AADSTS50072: moreWanted,
  AADSTS50074: moreWanted,
  AADSTS50076: moreWanted,
  AADSTS50078: moreWanted,
  AADSTS50079: moreWanted,
  AADSTS50158: moreWanted,
  AADSTS53000: moreWanted,
  AADSTS53001: moreWanted,
  AADSTS53002: moreWanted,
  AADSTS53003: moreWanted,
  AADSTS53004: moreWanted,

  AADSTS50105: assignmentMissing,
  AADSTS501051: assignmentMissing,
  AADSTS700016: {
    code: 'SIDECAR_MISCONFIGURED',
    says: 'Entra finds no such application in the tenant.',
    hint: 'Check AzureAd__ClientId (the blueprint’s) and AzureAd__TenantId of the sidecar, and that the blueprint has a principal in the tenant.',
    agent: {
      code: 'AGENT_NOT_PERMITTED',
      says: 'Entra finds no such agent identity in the tenant.',
      hint: 'Check AGENT_CLIENT_ID, and that the agent identity was created from this blueprint.',
    },
  },
  AADSTS7000112: {
    code: 'SIDECAR_MISCONFIGURED',
    says: 'The application that the sidecar signs in as is disabled.',
    hint: 'Let an administrator enable the blueprint’s principal.',
    agent: {
      code: 'AGENT_NOT_PERMITTED',
      says: 'The agent identity is disabled.',
      hint: 'Let an administrator enable the agent identity.',
    },
  },
  AADSTS500011: {
    code: 'SIDECAR_MISCONFIGURED',
    says: 'Entra knows no such API in the tenant.',
    hint: 'Check DownstreamApis__{entry}__Scopes__0 of the sidecar, and that the API’s application has this identifier URI and a service principal.',
  },
  AADSTS70011: scopeUnknown,
  AADSTS28000: scopeUnknown,
  AADSTS650053: scopeUnknown,
  AADSTS82001: {
    code: 'SIDECAR_MISCONFIGURED',
    says: 'An agent identity asked for a token in a way that Entra does not allow it.',
    asksForApi: true,
    hint: 'Set AzureAd__ClientId of the sidecar to the blueprint’s id, not to the agent identity’s.',
  },
  AADSTS82008: { ...agentPathRefused, says: 'The request for T1 named no agent identity (fmi_path).' },
  AADSTS70066: {
    ...agentPathRefused,
    says: 'The request for T1 asked for an API instead of the token exchange.',
  },
  AADSTS7002111: {
    ...agentPathRefused,
    says: 'The blueprint’s id was used where an agent identity’s belongs.',
    hint: 'Check that AGENT_CLIENT_ID is the agent identity’s id, not the blueprint’s.',
  },
  AADSTS90002: tenantUnknown,
  AADSTS900023: tenantUnknown,

  AADSTS90033: comeBackLater,
  AADSTS90055: { ...comeBackLater, says: 'Entra is throttling.' },
  AADSTS50196: {
    code: 'ENTRA_UNAVAILABLE',
    says: 'Entra saw the same request too often and blocks it for a while.',
    hint: 'Wait a few minutes, then try again.',
  },
}

/** What rows mean otherwise, by whom TR was to act for. */
const meanings: Readonly<Record<ActsAs, ReadonlyMap<Row, EntraRefusal>>> = {
  user: new Map(),
  agent: new Map([
    [moreWanted, agentStopped],
    [signInAfresh, assertionRefused],
    [userUnknown, assertionRefused],
    [userTokenRefused, assertionRefused],
    [userTokenForOther, assertionRefused],
    [
      userTokenOutdated,
      { ...assertionRefused, says: 'Entra says that the assertion is outside its validity.' },
    ],
    [userTokenOfApp, assertionRefused],
  ]),
}

/**
 * What Entra's refusal means.
 *
 * @param aadsts the code, such as `AADSTS65001`
 * @param named whom Entra's text names
 */
export function explainRefusal(
  aadsts: string,
  { flow, api }: Pick<TokenRequest, 'flow' | 'api'>,
  named: 'agent' | 'blueprint' | undefined,
): EntraRefusal {
  const rules = flowRules[flow]
  const row = rows[aadsts] ?? { code: 'ENTRA_REFUSED', says: 'Entra refused the token request.' }
  if (row.asksForApi && named === 'blueprint') {
    return {
      code: 'AGENT_IDENTITY_NOT_HONOURED',
      says: 'The sidecar asked for the token as the blueprint instead of the agent identity, and Entra refused.',
      hint: `Set ${rules.overrideSetting}=true on the sidecar.`,
    }
  }
  const { says, hint, ...refusal } =
    (named === 'agent' ? row.agent : undefined) ?? meanings[flows[flow].actsAs].get(row) ?? row
  return {
    ...refusal,
    says: says.replace('{api}', api.title),
    ...(hint === undefined ? {} : { hint: hint.replace('{entry}', api.sidecarEntries[flow]) }),
  }
}
