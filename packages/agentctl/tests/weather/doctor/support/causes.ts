import { refusals } from '@entra-agents/entra-failures/codes'
import { type Leg, words } from '@entra-agents/entra-failures/words'
import type { Flow } from '@entra-agents/trace'
import type { TenantChange } from './tenant-changes.ts'

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
  readonly sidecar?: Readonly<Record<string, string | undefined>> | 'stopped'
  readonly tenant?: TenantChange
  /** A refusal with this AADSTS code, injected into the emulator of Entra. */
  readonly refuse?: { readonly leg: Leg; readonly code: number }
  /** If set, the sidecar authenticates by the pod's token, which has these faults or is missing. */
  readonly podToken?: PodTokenFaults | 'missing'
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

// Ids of the demo’s tenant.
const weatherAgentId = 'bbbbbbbb-0000-4000-8000-00000000000b'
const weatherAppId = 'aaaaaaaa-0000-4000-8000-00000000000a'
const otherId = '12345678-0000-4000-8000-000000000000'
const unknownCode = 900144

const flowOf: Readonly<Record<Leg, Flow>> = {
  t1: 'autonomous',
  tr: 'autonomous',
  obo: 'obo',
  'agent-user': 'agent-user',
}

/** A refusal with this code, injected on the leg on which Entra usually gives it. */
function causeByRefusal(aadsts: keyof typeof words, what: string, leg = words[aadsts].leg): Cause {
  return {
    what,
    ...meaningOf(aadsts),
    refuse: { leg, code: aadsts },
    flow: flowOf[leg],
  }
}

/** A refusal that is injected when the agent requests a token for its own user account. */
function causeByAgentUserRefusal(aadsts: keyof typeof words, what: string): Cause {
  return { ...causeByRefusal(aadsts, what, 'agent-user'), code: 'AGENT_USER_UNUSABLE' }
}

/** An injected refusal that stands for an outage or for throttling; the sidecar does not pass on its code. */
function causeByHiddenCode(aadsts: keyof typeof words, what: string): Cause {
  const { aadsts: _unseen, ...cause } = causeByRefusal(aadsts, what)
  return cause
}

function causeByPodToken(aadsts: keyof typeof words, what: string, podToken: PodTokenFaults): Cause {
  return { what, ...meaningOf(aadsts), podToken, flow: 'autonomous' }
}

function meaningOf(aadsts: keyof typeof words) {
  return { code: refusals[aadsts]?.code ?? 'ENTRA_REFUSED', aadsts }
}

/** Grouped as in the troubleshooting guide. */
// biome-ignore format: table
export const causes = {
  sidecar: [
    { what: 'the sidecar does not run', code: 'SIDECAR_UNREACHABLE', flow: 'autonomous', sidecar: 'stopped' },
    { what: 'the sidecar has no tenant', code: 'SIDECAR_MISCONFIGURED', flow: 'autonomous', sidecar: { AzureAd__TenantId: undefined } },
  ],
  sidecarSettings: [
    { what: 'the sidecar cannot reach Entra', code: 'SIDECAR_FAILED', flow: 'autonomous', sidecar: { AzureAd__Instance: 'http://localhost:9/' } },
    { what: 'the sidecar’s entry weatherApp has no scope', code: 'SIDECAR_MISCONFIGURED', flow: 'autonomous', sidecar: { DownstreamApis__weatherApp__Scopes__0: undefined } },
    { what: 'the sidecar’s entry weather has no scope', code: 'SIDECAR_MISCONFIGURED', flow: 'obo', sidecar: { DownstreamApis__weather__Scopes__0: undefined } },
    { what: 'the entry weatherApp lacks RequestAppToken', code: 'SIDECAR_MISCONFIGURED', flow: 'autonomous', sidecar: { DownstreamApis__weatherApp__RequestAppToken: 'false' } },
    { what: 'the entry weather has RequestAppToken', code: 'TOKEN_FLOW_MISMATCH', flow: 'obo', sidecar: { DownstreamApis__weather__RequestAppToken: 'true' } },
    {
      what: 'the override gate of the autonomous route is shut',
      code: 'AGENT_IDENTITY_NOT_HONOURED',
      aadsts: 82001,
      flow: 'autonomous',
      sidecar: { Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated: undefined },
    },
    {
      what: 'the override gate of the on-behalf-of route is shut',
      code: 'AGENT_IDENTITY_NOT_HONOURED',
      aadsts: 65001,
      flow: 'obo',
      sidecar: { Sidecar__AllowOverrides__GetAuthorizationHeader: 'false' },
    },
    {
      what: 'the sidecar asks for a token of another API',
      code: 'SIDECAR_MISCONFIGURED',
      flow: 'autonomous',
      sidecar: { DownstreamApis__weatherApp__Scopes__0: 'https://graph.microsoft.com/.default' },
    },
    {
      what: 'the blueprint’s certificate is not where the sidecar looks',
      code: 'SIDECAR_FAILED',
      flow: 'autonomous',
      sidecar: { AzureAd__ClientCredentials__0__SourceType: 'StoreWithThumbprint' },
    },
  ],
  credential: [
    {
      what: 'the blueprint’s secret is wrong, or is the secret’s id',
      ...meaningOf(7000215),
      flow: 'autonomous',
      sidecar: { AzureAd__ClientCredentials__0__ClientSecret: 'the id of the secret' },
    },
    { what: 'the blueprint’s secret has expired', ...meaningOf(7000222), flow: 'autonomous', tenant: 'blueprint’s secret expired' },
    causeByRefusal(7000218, 'the sidecar sends no credential'),
    { what: 'the projected token’s file was missing when the sidecar first looked', code: 'SIDECAR_FAILED', flow: 'autonomous', podToken: 'missing' },
    causeByPodToken(700211, 'the federated credential has another issuer (often the slash at its end)', { iss: 'https://issuer.example/' }),
    causeByPodToken(700213, 'the federated credential has another subject', { sub: 'system:serviceaccount:default:default' }),
    causeByPodToken(700212, 'the sidecar got the token that is meant for AWS', { aud: 'sts.amazonaws.com' }),
    causeByPodToken(700024, 'the pod’s token has expired', { lifetimeSeconds: -60 }),
    { ...causeByPodToken(70021, 'the blueprint has no federated credential', {}), tenant: 'federated credential gone' },
    causeByRefusal(700222, 'the federated credential names Entra as its issuer'),
    causeByRefusal(700231, 'a federated managed identity stands between pod and blueprint'),
    causeByRefusal(700023, 'the assertion is for another audience'),
    causeByRefusal(50166, 'Entra cannot read the issuer’s keys'),
    causeByRefusal(700027, 'the key of the assertion is not registered'),
    causeByRefusal(7000272, 'the issuer does not publish the key of the pod’s token'),
    causeByRefusal(7000274, 'the signature of the pod’s token is wrong'),
  ],
  agentIdentity: [
    { what: 'the sidecar names another tenant', ...meaningOf(90002), flow: 'autonomous', sidecar: { AzureAd__TenantId: otherId } },
    { what: 'the blueprint has no principal in the tenant', ...meaningOf(700016), flow: 'autonomous', tenant: 'blueprint’s principal gone' },
    { what: 'the blueprint is disabled', ...meaningOf(7000112), flow: 'autonomous', tenant: 'blueprint disabled' },
    { what: 'AGENT_CLIENT_ID is of no agent identity', code: 'AGENT_NOT_PERMITTED', aadsts: 700016, flow: 'autonomous', tenant: 'agent gone' },
    { what: 'the agent identity is of another blueprint', code: 'AGENT_NOT_PERMITTED', aadsts: 700213, flow: 'autonomous', tenant: 'agent of another blueprint' },
    { what: 'the agent identity is disabled', code: 'AGENT_DISABLED', aadsts: 7000112, flow: 'autonomous', tenant: 'agent disabled' },
    { what: 'the sidecar’s client id is the agent identity’s', ...meaningOf(82001), flow: 'autonomous', sidecar: { AzureAd__ClientId: weatherAgentId } },
    causeByRefusal(82008, 'the request for T1 names no agent (fmi_path)'),
    causeByRefusal(70066, 'the request for T1 asks for an API'),
    causeByRefusal(7002111, 'the blueprint’s id is used as the agent’s'),
    { what: 'the API has no identifier URI', ...meaningOf(500011), flow: 'autonomous', tenant: 'API’s identifier URI gone' },
    { what: 'the API’s principal is disabled', ...meaningOf(500014), flow: 'autonomous', tenant: 'API’s principal disabled' },
    { what: 'the sidecar’s scope is not /.default', ...meaningOf(70011), flow: 'obo', sidecar: { DownstreamApis__weather__Scopes__1: `api://${weatherAppId}/Weather.Read` } },
    {
      what: 'the sidecar asks for two APIs at once',
      ...meaningOf(28000),
      flow: 'obo',
      sidecar: {
        DownstreamApis__weather__Scopes__0: `api://${weatherAppId}/Weather.Read`,
        DownstreamApis__weather__Scopes__1: 'https://graph.microsoft.com/User.Read',
      },
    },
    causeByRefusal(650053, 'the API has no such scope'),
    { what: 'the API demands an assignment, and the agent has none', ...meaningOf(501051), flow: 'autonomous', tenant: 'assignment required' },
    { what: 'the API accepts mapped claims, and Entra limits them', ...meaningOf(501461), flow: 'autonomous', tenant: 'mapped claims limited' },
    causeByRefusal(50105, 'the API demands an assignment, and the user has none'),
    causeByRefusal(53003, 'Conditional Access stops the agent identity', 'tr'),
    causeByRefusal(90055, 'Entra throttles'),
    causeByHiddenCode(90033, 'Entra is busy (AADSTS90033)'),
    causeByHiddenCode(50196, 'Entra saw the same request too often (AADSTS50196)'),
    {
      what: 'Entra refuses for a reason that nobody has met yet',
      code: 'ENTRA_REFUSED',
      aadsts: unknownCode,
      flow: 'autonomous',
      refuse: { leg: 'tr', code: unknownCode },
    },
  ],
  onBehalfOf: [
    { what: 'nobody consented to the agent acting for users', ...meaningOf(65001), flow: 'obo', tenant: 'consent gone' },
    { what: 'the API’s scope is disabled, though the agent has a grant for it', ...meaningOf(65001), flow: 'obo', tenant: 'API’s scope disabled' },
    causeByRefusal(650051, 'a consent was given in part'),
    causeByRefusal(82014, 'a user was asked to consent to an agent identity'),
    causeByRefusal(50013, 'Entra does not accept the user’s token'),
    causeByRefusal(500131, 'the user’s token is not for the blueprint'),
    causeByRefusal(500133, 'the user’s token has expired by Entra’s clock'),
    causeByRefusal(7000114, 'the token is an application’s'),
    { what: 'the user’s account is gone', ...meaningOf(50034), flow: 'obo', tenant: 'user gone' },
    causeByRefusal(50076, 'the user needs multifactor authentication'),
    causeByRefusal(50079, 'the user has to enrol in it'),
    causeByRefusal(50158, 'an external challenge is not met'),
    causeByRefusal(53003, 'Conditional Access blocks the user'),
  ],
  agentUser: [
    { what: 'nobody consented to the agent acting as its user account', code: 'AGENT_USER_NOT_CONSENTED', aadsts: 65001, flow: 'agent-user', tenant: 'consent for one user only' },
    { what: 'the agent’s user account is gone', code: 'AGENT_USER_UNUSABLE', aadsts: 50034, flow: 'agent-user', tenant: 'agent user gone' },
    { what: 'the agent’s user account is disabled', code: 'AGENT_USER_UNUSABLE', aadsts: 50057, flow: 'agent-user', tenant: 'agent user disabled' },
    { what: 'the user account is that of another agent', code: 'AGENT_USER_UNUSABLE', aadsts: 7002137, flow: 'agent-user', tenant: 'agent user of another agent' },
    causeByAgentUserRefusal(50173, 'what was issued for the agent’s user account was revoked'),
    causeByAgentUserRefusal(53003, 'Conditional Access stops the agent’s user account'),
    { what: 'Entra refuses the user account for a reason that nobody has met yet', code: 'AGENT_USER_UNUSABLE', aadsts: unknownCode, flow: 'agent-user', refuse: { leg: 'agent-user', code: unknownCode } },
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
