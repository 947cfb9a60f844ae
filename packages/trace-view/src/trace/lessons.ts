import type { TokenCard } from '@entra-agents/trace'
import { actsAsOf, wordsOfToken } from './acts-as.ts'
import type { Sign } from './sign.tsx'
import { rightsOf, type TurnFacts } from './turn-facts.ts'

/** What a likeness or a difference teaches; depends on the two tokens. */
interface Lesson {
  /** For the user's token and the agent's. */
  readonly exchange?: string
  /** For two tokens of the agent, in either order. */
  readonly twoTR?: string
  /** For tokens of two agents. */
  readonly twoAgents?: string
  /** For any two tokens. */
  readonly any?: string
}

/** Lessons by claim and `Sign`. */
// biome-ignore format: table
const lessons: ReadonlyMap<string, Lesson> = new Map(Object.entries({
  'aud changed': { exchange: 'Each token opens one door. Yours opens the blueprint only, so the agent cannot pass it on: it has to exchange it.', twoTR: 'Each API has a token of its own; one is worth nothing at the other.' },
  'azp changed': { exchange: 'The API sees who really calls, and can tell the agent from you.', twoAgents: 'Two agents: the API sees which of them calls.' },
  'azp same': { twoTR: 'The same agent calls, whomever it acts for.' },
  'azpacr changed': { exchange: 'A page can keep no secret. The agent was vouched for by T1.' },
  'oid same': { exchange: 'Still you. The agent acts with your rights, not with its own.', twoAgents: 'The same subject: both act for you.' },
  'oid changed': { twoAgents: 'The subject is each agent’s own.' },
  'sub changed': { exchange: 'Pairwise: each application knows you by another subject. To recognise a user, compare oid.', twoTR: 'The subject by another name: for a user it differs from application to application.', twoAgents: 'The subject by another name.' },
  'idtyp changed': { exchange: 'The one is about a user, the other about the agent itself.', twoTR: 'app: the agent acts as itself. user: it acts for you, or as its own user account.' },
  'scp changed': { exchange: 'From “may ask the agent to act for me” to what the agent may do at this API.' },
  'scp removed': { exchange: 'Nothing of yours is in it: this token carries the agent’s own rights.', twoTR: 'Delegated: what the agent was let do for you, or as its user account.' },
  'scp added': { twoTR: 'Delegated: what the agent was let do for you, or as its user account.' },
  'roles added': { exchange: 'App roles: what the agent may do in its own right.', twoTR: 'Its own: app roles that were given to the agent.', twoAgents: 'Its own: app roles that were given to this agent, and not to the other.' },
  'roles removed': { twoTR: 'Its own: app roles that were given to the agent.', twoAgents: 'Its own: app roles that were given to that agent, and not to the other.' },
  'roles changed': { twoAgents: 'Each agent has app roles of its own.' },
  'sid same': { exchange: 'The same sign-in: both tokens came of the session in which you signed in.' },
  'sid removed': { exchange: 'No sign-in of a user stands behind this token.', twoTR: 'A session: that token came of a user’s sign-in.' },
  'sid added': { twoTR: 'A session: this token came of a user’s sign-in.' },
  'xms_act_fct added': { exchange: 'Says that the actor is an agent. No ordinary application has it.' },
  'xms_act_fct same': { twoTR: 'The actor is an agent in both: that does not change with whom it acts for.' },
  'xms_sub_fct added': { exchange: 'Says what kind of subject this is: without 11 and 13 it is no agent.' },
  'xms_sub_fct changed': { twoTR: '11 = the subject is an agent itself, 13 = its user account; without them it is somebody else, such as you.' },
  'xms_par_app_azp added': { exchange: 'Names what the agent was made from. For audit, not for authorization.' },
  'xms_par_app_azp same': { twoTR: 'Made from the same blueprint.', twoAgents: 'Made from the same blueprint. So it tells nothing of what either may do.' },
  'xms_idrel added': { exchange: 'How the subject belongs to the tenant: you as a member or guest, an agent as a service principal.' },
  'xms_idrel changed': { twoTR: 'The subject belongs to the tenant otherwise: an agent is a service principal, a user a member or guest.' },
  'xms_tnt_fct added': { exchange: 'About the tenant. Its numbers are not documented, so nothing may rely on them.' },
  'acrs added': { any: 'Proof of a stronger sign-in: it says that you met the policy of this context. A click shows in no token.' },
  'acrs same': { any: 'The same proof of a stronger sign-in stands in both.' },
  'acrs removed': { any: 'This token proves no stronger sign-in.' },
  'tid same': { any: 'One tenant: whoever acts, and for whom, is known in the same directory.' },
  'iss same': { any: 'Entra ID of the same tenant issued both.' },
  'iss changed': { any: 'Entra ID spells its name by the form of the token, which the API chooses (ver).' },
  'ver changed': { any: 'Each API chooses the form of the tokens for it.' },
  'uti changed': { any: 'Each token has an id of its own, by which Entra’s logs know it.' },
  'exp changed': { any: 'Each token ends by itself: to renew one says nothing of the other.' },
  'iat changed': { any: 'Issued at another moment: an exchange makes a new token, and changes none.' },
  'name same': { any: 'For people to read. Not for authorization.' },
  'preferred_username same': { any: 'For people to read; it can change. Not for authorization.' },
}))

/** The sentence about a claim that two tokens share or in which they differ; `undefined` if no sentence is known. */
export function lessonOfClaim(
  name: string,
  sign: Sign,
  { left, right }: { readonly left: TokenCard; readonly right: TokenCard },
): string | undefined {
  const { exchange, twoTR, twoAgents, any } = lessons.get(`${name} ${sign}`) ?? {}
  const roles = `${left.role} ${right.role}`
  const [one, other] = [wordsOfToken(left).subject, wordsOfToken(right).subject]
  if (roles === 'TR TR') {
    if (name === 'oid' && sign === 'changed' && one !== other)
      return `The subject: in one token ${one}, in the other ${other}.`
    return (actorOf(left) === actorOf(right) ? undefined : twoAgents) ?? twoTR ?? any
  }
  if (roles !== 'Tc TR') return any
  if (name === 'oid' && actsAsOf(right) !== 'user') return `Not you: ${other}.`
  return exchange ?? any
}

/** One sentence on what two turns with the same question teach when they are seen side by side. */
export function lessonOfSides(left: TurnFacts, right: TurnFacts): string {
  const sides = [left, right].map(({ exchange }) => exchange)
  const [one, other] = sides.map(use => use?.token)
  if (!one || !other)
    return `${one || other ? 'Only one' : 'Neither'} of them got a token: without one there is nothing to call with.`
  if (actorOf(one) !== actorOf(other)) {
    const [first, second] = sides.map(use => use !== undefined && rightsOf(use.token).rights.length > 0)
    return first === second
      ? 'Same blueprint, same question, two identities: each calls under its own.'
      : 'Same blueprint, same question, two identities. Only one was given the right.'
  }
  const [mine, theirs] = [wordsOfToken(one).whose, wordsOfToken(other).whose]
  if (mine === theirs) return 'The same agent, the same rights: only the tokens are two.'
  return `The same agent calls either way. What changes is whose right it uses: ${mine}, or ${theirs}.`
}

function actorOf({ claims = {} }: TokenCard): unknown {
  return claims['azp'] ?? claims['appid']
}
