import type { ActsAs, TokenCard } from '@entra-agents/trace'
import { actsAsOf } from './claims.ts'
import type { Sign } from './sign.tsx'
import { rightsOf, type TurnFacts } from './turn-facts.ts'

/** Sentences for the differences between the user's token and the agent's. */
const exchangeLessons = lessonsByClaimAndSign({
  'aud changed':
    'Each token opens one door. Yours opens the blueprint only, so the agent cannot pass it on: it has to exchange it.',
  'azp changed': 'The API sees who really calls, and can tell the agent from you.',
  'azpacr changed': 'A page can keep no secret. The agent was vouched for by T1.',
  'oid same': 'Still you. The agent acts with your rights, not with its own.',
  'sub changed': 'Pairwise: each application knows you by another subject. To recognise a user, compare oid.',
  'idtyp changed': 'The one is about a user, the other about the agent itself.',
  'scp changed': 'From “may ask the agent to act for me” to what the agent may do at this API.',
  'scp removed': 'Nothing of yours is in it: this token carries the agent’s own rights.',
  'roles added': 'App roles: what the agent may do in its own right.',
  'sid same': 'The same sign-in: both tokens came of the session in which you signed in.',
  'sid removed': 'No sign-in of a user stands behind this token.',
  'xms_act_fct added': 'Says that the actor is an agent. No ordinary application has it.',
  'xms_sub_fct added': 'Says what kind of subject this is: without 11 and 13 it is no agent.',
  'xms_par_app_azp added': 'Names what the agent was made from. For audit, not for authorization.',
  'xms_idrel added':
    'How the subject belongs to the tenant: you as a member or guest, an agent as a service principal.',
  'xms_tnt_fct added': 'About the tenant. Its numbers are not documented, so nothing may rely on them.',
})

/** Sentences for the differences between two tokens of the agent, in either order. */
const ownTokensLessons = lessonsByClaimAndSign({
  'aud changed': 'Each API has a token of its own; one is worth nothing at the other.',
  'azp same': 'The same agent calls, whomever it acts for.',
  'sub changed': 'The subject by another name: for a user it differs from application to application.',
  'idtyp changed': 'app: the agent acts as itself. user: it acts on your behalf, or as its own user account.',
  'scp added': 'Delegated: what the agent was let do for you, or as its user account.',
  'scp removed': 'Delegated: what the agent was let do for you, or as its user account.',
  'roles added': 'Its own: app roles that were given to the agent.',
  'roles removed': 'Its own: app roles that were given to the agent.',
  'sid added': 'A session: this token came of a user’s sign-in.',
  'sid removed': 'A session: that token came of a user’s sign-in.',
  'xms_sub_fct changed':
    '11 = the subject is an agent itself, 13 = its user account; without them it is somebody else, such as you.',
  'xms_idrel changed':
    'The subject belongs to the tenant otherwise: an agent is a service principal, a user a member or guest.',
  'xms_act_fct same': 'The actor is an agent in both: that does not change with whom it acts for.',
  'xms_par_app_azp same': 'Made from the same blueprint.',
})

/** Sentences for the differences between tokens of two agents. */
const twoAgentsLessons = lessonsByClaimAndSign({
  'azp changed': 'Two agents: the API sees which of them calls.',
  'oid changed': 'The subject is each agent’s own.',
  'oid same': 'The same subject: both act for you.',
  'sub changed': 'The subject by another name.',
  'roles added': 'Its own: app roles that were given to this agent, and not to the other.',
  'roles removed': 'Its own: app roles that were given to that agent, and not to the other.',
  'roles changed': 'Each agent has app roles of its own.',
  'xms_par_app_azp same': 'Made from the same blueprint. So it tells nothing of what either may do.',
})

/** Sentences that hold for any two tokens. */
const generalLessons = lessonsByClaimAndSign({
  'acrs added':
    'Proof of a stronger sign-in: it says that you met the policy of this context. A click shows in no token.',
  'acrs same': 'The same proof of a stronger sign-in stands in both.',
  'acrs removed': 'This token proves no stronger sign-in.',
  'tid same': 'One tenant: whoever acts, and for whom, is known in the same directory.',
  'iss same': 'Entra ID of the same tenant issued both.',
  'iss changed': 'Entra ID spells its name by the form of the token, which the API chooses (ver).',
  'ver changed': 'Each API chooses the form of the tokens for it.',
  'uti changed': 'Each token has an id of its own, by which Entra’s logs know it.',
  'exp changed': 'Each token ends by itself: to renew one says nothing of the other.',
  'iat changed': 'Issued at another moment: an exchange makes a new token, and changes none.',
  'name same': 'For people to read. Not for authorization.',
  'preferred_username same': 'For people to read; it can change. Not for authorization.',
})

/** Whom TR is about, and whose right it carries. */
const actsAsWords: Readonly<Record<ActsAs, { readonly subject: string; readonly right: string }>> = {
  agent: { subject: 'the agent itself', right: 'its own' },
  user: { subject: 'you', right: 'yours' },
  'agent-user': { subject: 'the agent’s user account', right: 'its user account’s' },
}

/** The sentence about a claim that two tokens share or in which they differ; `undefined` if no sentence is known. */
export function lessonOfClaim(
  name: string,
  sign: Sign,
  { left, right }: { readonly left: TokenCard; readonly right: TokenCard },
): string | undefined {
  const key = `${name} ${sign}`
  const roles = `${left.role} ${right.role}`
  const [one, other] = [actsAsWords[actsAsOf(left)].subject, actsAsWords[actsAsOf(right)].subject]
  if (roles === 'TR TR') {
    if (key === 'oid changed' && one !== other)
      return `The subject: in one token ${one}, in the other ${other}.`
    const ofAgents = actorOf(left) === actorOf(right) ? undefined : twoAgentsLessons.get(key)
    return ofAgents ?? ownTokensLessons.get(key) ?? generalLessons.get(key)
  }
  if (roles !== 'Tc TR') return generalLessons.get(key)
  if (name === 'oid' && actsAsOf(right) !== 'user') return `Not you: ${other}.`
  return exchangeLessons.get(key) ?? generalLessons.get(key)
}

/** Sentences by claim and `Sign`, such as `aud changed`. */
function lessonsByClaimAndSign(sentences: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(sentences))
}

/** One sentence on what two turns with the same question teach when they are seen side by side. */
export function lessonOfSides(left: TurnFacts, right: TurnFacts): string {
  const sides = [left, right].map(({ uses: [use] }) => use)
  const [one, other] = sides.map(use => use?.token)
  if (!one || !other)
    return `${one || other ? 'Only one' : 'Neither'} of them got a token: without one there is nothing to call with.`
  if (actorOf(one) !== actorOf(other)) {
    const [first, second] = sides.map(use => use !== undefined && rightsOf(use.token).rights.length > 0)
    return first === second
      ? 'Same blueprint, same question, two identities: each calls under its own.'
      : 'Same blueprint, same question, two identities. Only one was given the right.'
  }
  const [mine, theirs] = [actsAsWords[actsAsOf(one)].right, actsAsWords[actsAsOf(other)].right]
  if (mine === theirs) return 'The same agent, the same rights: only the tokens are two.'
  return `The same agent calls either way. What changes is whose right it uses: ${mine}, or ${theirs}.`
}

function actorOf({ claims = {} }: TokenCard): unknown {
  return claims['azp'] ?? claims['appid']
}
