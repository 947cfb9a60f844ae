import type { Claims } from './decode-token.ts'
import { TokenRefused } from './token-refused.ts'

/**
 * Kinds of callers. An ordinary client or an agent identity calls as itself or for a user; an agent identity also calls
 * as its agent user. `flow` is the key of `AccessRules.permissions`.
 */
export const callerKinds = {
  app: { flow: 'autonomous', isDelegated: false },
  agent: { flow: 'autonomous', isDelegated: false },
  user: { flow: 'obo', isDelegated: true },
  agentForUser: { flow: 'obo', isDelegated: true },
  agentUser: { flow: 'agent-user', isDelegated: true },
} as const

export type CallerKind = keyof typeof callerKinds

export type CallerFlow = (typeof callerKinds)[CallerKind]['flow']

/** A client that may call. */
export interface AllowedCaller {
  readonly clientId: string
  /** Whether the client is an agent identity. If so, tokens with facets must call it an agent, too. */
  readonly isAgent?: boolean
  /**
   * Object id of the agent user that this agent may call as. In tokens without the optional claims, only this id tells an agent
   * user from an ordinary user. If any caller has an `agentUserId`, agents without one may not call as an agent user.
   */
  readonly agentUserId?: string
}

/** The ids of client, subject and blueprint in a verified token. */
export interface Identity {
  readonly flow: CallerFlow
  /** `undefined` if the token does not show it. */
  readonly kind?: CallerKind
  /** Client id of the caller, which is an agent or another client. */
  readonly caller: string
  /** Object id of the client's own principal, of the user for whom it calls, or of its agent user. */
  readonly objectId: string
  readonly tenantId: string
  /** For the audit log only, not for decisions: all agents of a blueprint share it. */
  readonly blueprintAppId: string | undefined
  readonly tokenId: string | undefined
}

/** An identity whose kind is known, as it is of all callers that may call. */
export type CallerIdentity = Identity & { readonly kind: CallerKind }

/** What a token's facets tell of its client or subject (https://learn.microsoft.com/entra/agent-id/agent-token-claims). */
export interface Facets {
  readonly isAgent: boolean
  readonly isAgentUser: boolean
}

const agentIdentityFacet = '11'
const agentUserFacet = '13'

/**
 * Reads the ids of a token.
 *
 * @throws {TokenRefused} for claims that Entra never issues
 */
export function readIdentity(claims: Claims, isDelegated: boolean): Identity {
  const [actor, other] = claims['ver'] === '1.0' ? ['appid', 'azp'] : ['azp', 'appid']
  const { [actor]: caller, [other]: otherCaller = caller } = claims
  if (!isId(caller) || otherCaller !== caller)
    throw new TokenRefused('caller', 'The token does not name one client (azp or appid).')
  if (claims['cnf'] !== undefined)
    throw new TokenRefused(
      'format',
      'The token is bound to a key of its client (cnf), so it is no bearer token.',
    )
  const objectId = optionalId(claims, 'oid')
  if (!objectId) throw new TokenRefused('format', 'The token has no object id (oid).')
  return {
    flow: isDelegated ? 'obo' : 'autonomous',
    caller,
    objectId,
    tenantId: String(claims['tid']),
    blueprintAppId: optionalId(claims, 'xms_par_app_azp'),
    tokenId: optionalId(claims, 'uti'),
  }
}

/** Reads facets: numbers in any order, separated by spaces. `undefined` if the API did not ask Entra for the claim. */
export function readFacets(claims: Claims, name: 'xms_act_fct' | 'xms_sub_fct'): Facets | undefined {
  const facets = claims[name]
  if (facets === undefined) return undefined
  if (typeof facets !== 'string') throw new TokenRefused('format', `The claim ${name} is not a text.`)
  const numbers = facets.split(' ')
  return { isAgent: numbers.includes(agentIdentityFacet), isAgentUser: numbers.includes(agentUserFacet) }
}

/** What the token and the list of callers say about client and subject. */
interface CallerFacts {
  readonly isDelegated: boolean
  readonly actor: Facets
  readonly subject: Facets
  /** The client's entry in the list of callers. */
  readonly listed: AllowedCaller
  /** If the subject is an agent user on the list: the entry of its agent. */
  readonly owner: AllowedCaller | undefined
  /** Whether the list names agent users. */
  readonly namesAgentUsers: boolean
}

// biome-ignore format: table
const contradictions: readonly (readonly [description: string, holds: (facts: CallerFacts) => boolean])[] = [
  ['The token names an agent user as its client.', ({ actor }) => actor.isAgentUser],
  ['The token is that of an app, and its subject an agent user.', ({ isDelegated, subject }) => !isDelegated && subject.isAgentUser],
  ['The token has an agent as its client or its subject only.', ({ isDelegated, actor, subject }) => !isDelegated && actor.isAgent !== subject.isAgent],
  ['The token is for a user, and its subject an agent identity.', ({ isDelegated, subject }) => isDelegated && subject.isAgent],
  ['The token does not call the agent user one.', ({ isDelegated, subject, owner }) => isDelegated && owner !== undefined && !subject.isAgentUser],
  ['The token of an agent user was not obtained by an agent.', ({ subject, actor }) => subject.isAgentUser && !actor.isAgent],
  ['The agent user is not that of the agent.', ({ subject, owner, listed, namesAgentUsers }) => subject.isAgentUser && namesAgentUsers && owner !== listed],
]

/**
 * The kind of caller: by the token's facets if it has them, else by the list of callers. If both say something, they have to
 * agree.
 *
 * @throws {TokenRefused} for a token that contradicts itself or the list
 */
export function readCallerKind(
  { objectId, flow }: Identity,
  told: { readonly actor: Facets | undefined; readonly subject: Facets | undefined },
  listed: AllowedCaller,
  callers: readonly AllowedCaller[],
): CallerKind {
  const isDelegated = flow === 'obo'
  const owner = callers.find(({ agentUserId }) => agentUserId === objectId)
  const actor = told.actor ?? {
    // Without a user, client and subject are the same, so the subject's facets count as the client's.
    isAgent: listed.isAgent === true || (!isDelegated && told.subject?.isAgent === true),
    isAgentUser: false,
  }
  const subject = told.subject ?? {
    isAgent: !isDelegated && actor.isAgent,
    isAgentUser: owner !== undefined,
  }
  const namesAgentUsers = callers.some(({ agentUserId }) => agentUserId !== undefined)
  const facts = { isDelegated, actor, subject, listed, owner, namesAgentUsers }
  const found = contradictions.find(([, holds]) => holds(facts))
  if (found) throw new TokenRefused('caller', found[0])
  if (!isDelegated) return actor.isAgent ? 'agent' : 'app'
  if (subject.isAgentUser) return 'agentUser'
  return actor.isAgent ? 'agentForUser' : 'user'
}

function optionalId(claims: Claims, name: string): string | undefined {
  const value = claims[name]
  if (value !== undefined && !isId(value)) throw new TokenRefused('format', `The claim ${name} is not an id.`)
  return value
}

/** Whether a claim has the form of an id. Ids are logged, so no other text may be accepted. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{0,64}$/.test(value)
}
