import { refusals } from '@entra-agents/entra-failures/codes'
import { type Leg, words } from '@entra-agents/entra-failures/words'
import type { Flow } from '@entra-agents/trace'
import type { Entra } from '../../../../../../emulators/entra/src/entra.ts'
import { identities } from '../../../../../../tests/support/identities.ts'
import type { Laptop, Variables } from './laptop.ts'

/** How the pod's token differs from one that the blueprint's federated credential accepts. */
interface PodTokenFaults {
  readonly iss?: string
  readonly sub?: string
  readonly aud?: string
  readonly lifetimeSeconds?: number
}

/** How to induce a failure with the emulators, in the demo's tenant. */
export interface Inducement {
  /** Variables of the sidecar to change; `undefined` removes one. */
  readonly sidecar?: Variables | 'stopped'
  /** A refusal with this AADSTS code, injected into the emulator of Entra. */
  readonly refuse?: { readonly leg: Leg; readonly code: number }
  /** If set, the sidecar authenticates by the pod's token, which has these faults or is missing. */
  readonly podToken?: PodTokenFaults | 'missing'
  /** What else is changed, in the tenant for example, once a user has signed in. */
  readonly change?: (laptop: Laptop) => unknown
}

/** One mistake, and the problem that the agent has to report for it. */
export interface Cause extends Inducement {
  readonly what: string
  readonly code: string
  /** The AADSTS code, if the sidecar passes it on. */
  readonly aadsts?: number
  /** The flow that fails; the first one, if several do. */
  readonly flow: Flow
}

const { agentId, agentUserId, traineeAgentId, blueprintAppId, pageAppId, weatherAppId, ada } = identities
const otherId = '12345678-0000-4000-8000-000000000000'
const unknownCode = 900144

function mustExist<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Error('The seeded tenant lacks what this is about.')
  return thing
}
export const blueprintOf = ({ directory }: Entra) => mustExist(directory.application(blueprintAppId))
export const weatherApiOf = ({ directory }: Entra) => mustExist(directory.application(weatherAppId))
const agentUserOf = ({ directory }: Entra) => mustExist(directory.user(agentUserId))
const principalOf = ({ directory }: Entra, appId: string) => mustExist(directory.principal(appId))
const disable = (one: { accountEnabled?: boolean }) => Object.assign(one, { accountEnabled: false })

function expireSecret({ entra }: Laptop): void {
  const application = blueprintOf(entra)
  const expired = { endDateTime: '2020-01-01T00:00:00Z' }
  application.passwordCredentials = application.passwordCredentials.map(one => ({ ...one, ...expired }))
}

function requireAssignment({ entra }: Laptop): void {
  principalOf(entra, weatherAppId).appRoleAssignmentRequired = true
  entra.directory.content.appRoleAssignments = []
}

function consentForAdaOnly({ entra }: Laptop): void {
  for (const grant of entra.directory.content.permissionGrants)
    Object.assign(grant, { consentType: 'Principal', principalId: ada.oid })
}

function withdrawConsent({ entra }: Laptop): void {
  const { content } = entra.directory
  content.permissionGrants = content.permissionGrants.filter(grant => grant.clientId !== agentId)
}

const flowOf: Readonly<Record<Leg, Flow>> = {
  t1: 'autonomous',
  tr: 'autonomous',
  obo: 'obo',
  'agent-user': 'agent-user',
}

/**
 * A mistake by which turns of the agent as itself fail, unless `how` names another flow.
 *
 * @param meaning the agent's code, or an AADSTS code that the sidecar passes on, and that means what it usually means
 */
function cause(
  meaning: keyof typeof words | string,
  what: string,
  how: Inducement & Partial<Pick<Cause, 'aadsts' | 'flow'>>,
): Cause {
  const told =
    typeof meaning === 'string'
      ? { code: meaning }
      : { code: refusals[meaning]?.code ?? 'ENTRA_REFUSED', aadsts: meaning }
  return { what, flow: 'autonomous', ...told, ...how }
}

/** A refusal with this code, injected on the leg on which Entra usually gives it. */
function causeByRefusal(aadsts: keyof typeof words, what: string, leg = words[aadsts].leg): Cause {
  return cause(aadsts, what, { refuse: { leg, code: aadsts }, flow: flowOf[leg] })
}

/** A refusal that is injected when the agent requests a token for its own user account. */
function causeByAgentUserRefusal(aadsts: keyof typeof words, what: string): Cause {
  return { ...causeByRefusal(aadsts, what, 'agent-user'), code: 'AGENT_USER_UNUSABLE' }
}

/** An injected refusal that stands for an outage or for throttling; the sidecar does not pass on its code. */
function causeByHiddenCode(aadsts: keyof typeof words, what: string): Cause {
  const { aadsts: _unseen, ...told } = causeByRefusal(aadsts, what)
  return told
}

/** Grouped as in the troubleshooting guide. */
// biome-ignore format: table
export const causes = {
  sidecar: [
    cause('SIDECAR_UNREACHABLE', 'the sidecar does not run', { sidecar: 'stopped' }),
    cause('SIDECAR_MISCONFIGURED', 'the sidecar has no tenant', { sidecar: { AzureAd__TenantId: undefined } }),
  ],
  sidecarSettings: [
    cause('SIDECAR_FAILED', 'the sidecar cannot reach Entra', { sidecar: { AzureAd__Instance: 'http://localhost:9/' } }),
    cause('SIDECAR_MISCONFIGURED', 'the sidecar’s entry weatherApp has no scope', { sidecar: { DownstreamApis__weatherApp__Scopes__0: undefined } }),
    cause('SIDECAR_MISCONFIGURED', 'the sidecar’s entry weather has no scope', { flow: 'obo', sidecar: { DownstreamApis__weather__Scopes__0: undefined } }),
    cause('SIDECAR_MISCONFIGURED', 'the entry weatherApp lacks RequestAppToken', { sidecar: { DownstreamApis__weatherApp__RequestAppToken: 'false' } }),
    cause('TOKEN_FLOW_MISMATCH', 'the entry weather has RequestAppToken', { flow: 'obo', sidecar: { DownstreamApis__weather__RequestAppToken: 'true' } }),
    cause('AGENT_IDENTITY_NOT_HONOURED', 'the override gate of the autonomous route is shut', { aadsts: 82001, sidecar: { Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated: undefined } }),
    cause('AGENT_IDENTITY_NOT_HONOURED', 'the override gate of the on-behalf-of route is shut', { aadsts: 65001, flow: 'obo', sidecar: { Sidecar__AllowOverrides__GetAuthorizationHeader: 'false' } }),
    cause('SIDECAR_MISCONFIGURED', 'the sidecar asks for a token of another API', { sidecar: { DownstreamApis__weatherApp__Scopes__0: 'https://graph.microsoft.com/.default' } }),
    cause('SIDECAR_FAILED', 'the blueprint’s certificate is not where the sidecar looks', { sidecar: { AzureAd__ClientCredentials__0__SourceType: 'StoreWithThumbprint' } }),
  ],
  credential: [
    cause(7000215, 'the blueprint’s secret is wrong, or is the secret’s id', { sidecar: { AzureAd__ClientCredentials__0__ClientSecret: 'the id of the secret' } }),
    cause(7000222, 'the blueprint’s secret has expired', { change: expireSecret }),
    causeByRefusal(7000218, 'the sidecar sends no credential'),
    cause('SIDECAR_FAILED', 'the projected token’s file was missing when the sidecar first looked', { podToken: 'missing' }),
    cause(700211, 'the federated credential has another issuer (often the slash at its end)', { podToken: { iss: 'https://issuer.example/' } }),
    cause(700213, 'the federated credential has another subject', { podToken: { sub: 'system:serviceaccount:default:default' } }),
    cause(700212, 'the sidecar got the token that is meant for AWS', { podToken: { aud: 'sts.amazonaws.com' } }),
    cause(700024, 'the pod’s token has expired', { podToken: { lifetimeSeconds: -60 } }),
    cause(70021, 'the blueprint has no federated credential', { podToken: {}, change: ({ entra }) => blueprintOf(entra).federatedIdentityCredentials.splice(0) }),
    causeByRefusal(700222, 'the federated credential names Entra as its issuer'),
    causeByRefusal(700231, 'a federated managed identity stands between pod and blueprint'),
    causeByRefusal(700023, 'the assertion is for another audience'),
    causeByRefusal(50166, 'Entra cannot read the issuer’s keys'),
    causeByRefusal(700027, 'the key of the assertion is not registered'),
    causeByRefusal(7000272, 'the issuer does not publish the key of the pod’s token'),
    causeByRefusal(7000274, 'the signature of the pod’s token is wrong'),
  ],
  agentIdentity: [
    cause(90002, 'the sidecar names another tenant', { sidecar: { AzureAd__TenantId: otherId } }),
    cause(700016, 'the blueprint has no principal in the tenant', { change: ({ entra }) => entra.directory.remove(principalOf(entra, blueprintAppId)) }),
    cause(7000112, 'the blueprint is disabled', { change: ({ entra }) => disable(principalOf(entra, blueprintAppId)) }),
    cause('AGENT_NOT_PERMITTED', 'AGENT_CLIENT_ID is of no agent identity', { aadsts: 700016, change: ({ entra }) => entra.directory.remove(principalOf(entra, agentId)) }),
    cause('AGENT_NOT_PERMITTED', 'the agent identity is of another blueprint', { aadsts: 700213, change: ({ entra }) => Object.assign(principalOf(entra, agentId), { agentIdentityBlueprintId: pageAppId }) }),
    cause('AGENT_DISABLED', 'the agent identity is disabled', { aadsts: 7000112, change: ({ entra }) => disable(principalOf(entra, agentId)) }),
    cause(82001, 'the sidecar’s client id is the agent identity’s', { sidecar: { AzureAd__ClientId: agentId } }),
    causeByRefusal(82008, 'the request for T1 names no agent (fmi_path)'),
    causeByRefusal(70066, 'the request for T1 asks for an API'),
    causeByRefusal(7002111, 'the blueprint’s id is used as the agent’s'),
    cause(500011, 'the API has no identifier URI', { change: ({ entra }) => Object.assign(weatherApiOf(entra), { identifierUris: [] }) }),
    cause(500014, 'the API’s principal is disabled', { change: ({ entra }) => disable(principalOf(entra, weatherAppId)) }),
    cause(70011, 'the sidecar’s scope is not /.default', { flow: 'obo', sidecar: { DownstreamApis__weather__Scopes__1: `api://${weatherAppId}/Weather.Read` } }),
    cause(28000, 'the sidecar asks for two APIs at once', { flow: 'obo', sidecar: { DownstreamApis__weather__Scopes__0: `api://${weatherAppId}/Weather.Read`, DownstreamApis__weather__Scopes__1: 'https://graph.microsoft.com/User.Read' } }),
    causeByRefusal(650053, 'the API has no such scope'),
    cause(501051, 'the API demands an assignment, and the agent has none', { change: requireAssignment }),
    cause(501461, 'the API accepts mapped claims, and Entra limits them', { change: ({ entra }) => entra.settings.change({ limitsMappedClaims: true }) }),
    causeByRefusal(50105, 'the API demands an assignment, and the user has none'),
    causeByRefusal(53003, 'Conditional Access stops the agent identity', 'tr'),
    causeByRefusal(90055, 'Entra throttles'),
    causeByHiddenCode(90033, 'Entra is busy (AADSTS90033)'),
    causeByHiddenCode(50196, 'Entra saw the same request too often (AADSTS50196)'),
    cause('ENTRA_REFUSED', 'Entra refuses for a reason that nobody has met yet', { aadsts: unknownCode, refuse: { leg: 'tr', code: unknownCode } }),
  ],
  onBehalfOf: [
    cause(65001, 'nobody consented to the agent acting for users', { flow: 'obo', change: withdrawConsent }),
    cause(65001, 'the API’s scope is disabled, though the agent has a grant for it', { flow: 'obo', change: ({ entra }) => { for (const scope of weatherApiOf(entra).api.oauth2PermissionScopes) scope.isEnabled = false } }),
    causeByRefusal(650051, 'a consent was given in part'),
    causeByRefusal(82014, 'a user was asked to consent to an agent identity'),
    causeByRefusal(50013, 'Entra does not accept the user’s token'),
    causeByRefusal(500131, 'the user’s token is not for the blueprint'),
    causeByRefusal(500133, 'the user’s token has expired by Entra’s clock'),
    causeByRefusal(7000114, 'the token is an application’s'),
    cause(50034, 'the user’s account is gone', { flow: 'obo', change: ({ entra }) => { entra.directory.content.users = entra.directory.content.users.filter(one => one.id !== ada.oid) } }),
    causeByRefusal(50076, 'the user needs multifactor authentication'),
    causeByRefusal(50079, 'the user has to enrol in it'),
    causeByRefusal(50158, 'an external challenge is not met'),
    causeByRefusal(53003, 'Conditional Access blocks the user'),
  ],
  agentUser: [
    cause('AGENT_USER_NOT_CONSENTED', 'nobody consented to the agent acting as its user account', { aadsts: 65001, flow: 'agent-user', change: consentForAdaOnly }),
    cause('AGENT_USER_UNUSABLE', 'the agent’s user account is gone', { aadsts: 50034, flow: 'agent-user', change: ({ entra }) => entra.directory.remove(agentUserOf(entra)) }),
    cause('AGENT_USER_UNUSABLE', 'the agent’s user account is disabled', { aadsts: 50057, flow: 'agent-user', change: ({ entra }) => disable(agentUserOf(entra)) }),
    cause('AGENT_USER_UNUSABLE', 'the user account is that of another agent', { aadsts: 7002137, flow: 'agent-user', change: ({ entra }) => Object.assign(agentUserOf(entra), { identityParentId: traineeAgentId }) }),
    causeByAgentUserRefusal(50173, 'what was issued for the agent’s user account was revoked'),
    causeByAgentUserRefusal(53003, 'Conditional Access stops the agent’s user account'),
    cause('AGENT_USER_UNUSABLE', 'Entra refuses the user account for a reason that nobody has met yet', { aadsts: unknownCode, flow: 'agent-user', refuse: { leg: 'agent-user', code: unknownCode } }),
  ],
} satisfies Readonly<Record<string, readonly Cause[]>>

const codesInGuide = new Set<number | undefined>(
  Object.values(causes)
    .flat()
    .map(({ refuse, aadsts }: Cause) => aadsts ?? refuse?.code),
)

/** An injected refusal for every code that is not in the guide. */
export const causesNotInGuide: readonly Cause[] = (Object.keys(words).map(Number) as (keyof typeof words)[])
  .filter(code => !codesInGuide.has(code))
  .map(code => causeByRefusal(code, `Entra refuses with AADSTS${code}`))
