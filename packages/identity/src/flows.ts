import { type Claims, readFacets } from '@entra-agents/tokens/verify'
import { type Flow, flowNames, flows, type NeededRight, needsUser } from '@entra-agents/trace'
import type { AgentIdentity } from './agent-identity.ts'
import type { DownstreamApi } from './downstream-api.ts'
import { identityProblem } from './problems.ts'

/** What TR has to be: whose token, for whom it has to act, and at which API. */
export interface ExpectedToken {
  readonly flow: Flow
  readonly agent: AgentIdentity
  readonly api: DownstreamApi
  /** The user's object id; set in flows on behalf of a user only. */
  readonly userId: string | undefined
}

/** All that a flow decides about TR. */
export interface FlowRules {
  /** The sidecar's route. The user's token is sent to the authenticated route only. */
  readonly route: string
  /** The sidecar's setting that lets this route act as the agent identity. */
  readonly overrideSetting: string
  /** The parameters that name the agent identity and, if it acts as its user account, that account. */
  parameters(agent: AgentIdentity): Readonly<Record<string, string>>
  /** What the agent asks its sidecar for, in the words of the trace. */
  readonly asksFor: string
  /** What the sidecar exchanges for TR, followed by “is” or “are”. */
  readonly exchanged: string
  /** Whether the sidecar first gets T2, the agent's own exchange token. */
  readonly needsT2?: true
  /** Whether the sidecar keeps the correlation id to itself, and gives Entra ids of its own. */
  readonly dropsCorrelationId?: true
  /** The form fields that only this flow sends in the exchange. */
  fields(agent: AgentIdentity): Readonly<Record<string, string>>
  /** @throws ProblemError TOKEN_FLOW_MISMATCH when TR does not act for whom it should. */
  requireSubject(claims: Claims, expected: ExpectedToken): void
  /** Object id of the user or of the agent's user account that TR acts for; `null` where the agent acts as itself. */
  onBehalfOf(claims: Claims): string | null
  /** Whom TR acts for, as the end of a sentence. */
  inWords(onBehalfOf: string | null): string
}

const agentParameters = ({ clientId }: AgentIdentity) => ({ AgentIdentity: clientId })
const unauthenticatedRoute = {
  route: '/AuthorizationHeaderUnauthenticated',
  overrideSetting: 'Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated',
} as const

export const flowRules: Readonly<Record<Flow, FlowRules>> = {
  autonomous: {
    ...unauthenticatedRoute,
    parameters: agentParameters,
    asksFor: 'a token of its own',
    exchanged: 'T1 is',
    fields: () => ({ grant_type: 'client_credentials' }),
    onBehalfOf: () => null,
    inWords: () => 'as itself',
    requireSubject(claims, { api }) {
      const { idtyp } = claims
      if (isDelegated(claims) || (idtyp !== undefined && idtyp !== 'app') || isMarkedAgentUser(claims)) {
        throw mismatchProblem(api, 'The token acts for a user although the agent asked for its own.')
      }
    },
  },
  obo: {
    route: '/AuthorizationHeader',
    overrideSetting: 'Sidecar__AllowOverrides__GetAuthorizationHeader',
    parameters: agentParameters,
    asksFor: 'a token to act for the signed-in user',
    exchanged: 'T1 and Tc are',
    fields: () => ({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      requested_token_use: 'on_behalf_of',
      assertion: 'Tc',
    }),
    onBehalfOf: ({ oid }) => String(oid),
    inWords: user => `on behalf of user ${user}`,
    requireSubject(claims, { api, userId }) {
      if (!isDelegated(claims) || claims['idtyp'] === 'app') {
        throw mismatchProblem(api, 'The token is the agent’s own although it was to act for a user.')
      }
      if (userId === undefined || claims['oid'] !== userId || isMarkedAgentUser(claims))
        throw mismatchProblem(api, 'The token acts for another user.')
    },
  },
  'agent-user': {
    ...unauthenticatedRoute,
    parameters: agent => ({ ...agentParameters(agent), AgentUserId: userIdOf(agent) }),
    asksFor: 'a token of its own user account',
    exchanged: 'T1 and T2 are',
    needsT2: true,
    dropsCorrelationId: true,
    fields: agent => ({
      grant_type: 'user_fic',
      user_federated_identity_credential: 'T2',
      user_id: userIdOf(agent),
    }),
    onBehalfOf: ({ oid }) => String(oid),
    inWords: user => `as its user account ${user}`,
    requireSubject(claims, { api, agent }) {
      if (!isDelegated(claims) || claims['idtyp'] === 'app') {
        throw mismatchProblem(
          api,
          'The token is the agent’s own although it was to be that of its user account.',
        )
      }
      if (claims['oid'] !== userIdOf(agent) || isMarkedAgentUser(claims) === false)
        throw mismatchProblem(api, 'The token is not that of the agent’s user account.')
    },
  },
}

/** The flow in which an agent calls between turns, to look up its tools and to see whether it gets tokens. */
export const ownFlow = 'autonomous' satisfies Flow

/**
 * What TR must allow in this flow: an app role of the agent, or a delegated scope.
 *
 * @param told the permissions as the API names them: they count only as far as the configuration names them, or names none
 */
export function neededRight(api: DownstreamApi, flow: Flow, told?: string): NeededRight | undefined {
  const kind = flows[flow].right
  const scopes = kind === 'scope' ? api.scopes : undefined
  const known = scopes?.filter(name =>
    told?.split(', ').some(one => one === name || one === `api://${api.appId}/${name}`),
  )
  const permission = api.permissions?.[kind] ?? (known?.length ? known : scopes)?.join(', ') ?? told
  return permission === undefined ? undefined : { api: api.name, permission, kind }
}

/** An agent's flows that can be chosen; without the page's registration (`spaClientId`), only flows that need no user. */
export function offeredFlows(agent: AgentIdentity, spaClientId: string | undefined): readonly Flow[] {
  return agent.flows.filter(flow => !needsUser(flow) || spaClientId !== undefined)
}

/** Entra marks app-only tokens with `idtyp`, but that claim is optional; `scp` is in delegated tokens only. */
function isDelegated({ scp }: Claims): boolean {
  return typeof scp === 'string' && scp !== ''
}

/** Whether the optional claim `xms_sub_fct` says that the subject is an agent user; `undefined` without this claim. */
function isMarkedAgentUser(claims: Claims): boolean | undefined {
  return readFacets(claims, 'xms_sub_fct')?.isAgentUser
}

function userIdOf({ name, agentUserId }: AgentIdentity): string {
  if (agentUserId === undefined) throw new TypeError(`The agent ${name} has no user account.`)
  return agentUserId
}

function mismatchProblem({ sidecarEntries }: DownstreamApi, detail: string) {
  const settings = new Set(
    flowNames.map(flow => {
      const { requestAppToken } = flows[flow].sidecarEntry
      return `DownstreamApis__${sidecarEntries[flow]}__RequestAppToken=${requestAppToken}`
    }),
  )
  return identityProblem('TOKEN_FLOW_MISMATCH', detail, {
    upstream: { service: 'sidecar' },
    hint: `Set ${[...settings].join(' and ')} on the sidecar.`,
  })
}
