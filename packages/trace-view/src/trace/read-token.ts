import { type ActsAs, type Flow, flowNames, flows, type TokenCard } from '@entra-agents/trace'
import { type FlowWords, flowWords } from '../words/flows.ts'

/**
 * Whose rights a token has: as the agent reports for TR, otherwise as the claims say. The claims distinguish the agent's
 * user account from a user only if the API has requested the facets.
 */
export function actsAsOf({ actsAs, claims = {} }: TokenCard): ActsAs {
  if (actsAs) return actsAs
  const isForUser = claims['idtyp'] === 'user' || (claims['idtyp'] !== 'app' && 'scp' in claims)
  if (!isForUser) return 'agent'
  return String(claims['xms_sub_fct'] ?? '')
    .split(' ')
    .includes('13')
    ? 'agent-user'
    : 'user'
}

/** The flow in which TR has these rights. */
export function flowActing(actsAs: ActsAs): Flow {
  return flowNames.find(name => flows[name].actsAs === actsAs) ?? 'autonomous'
}

/** The words for the flow in which TR has the rights of this token. */
export function wordsOfToken(card: TokenCard): FlowWords {
  return flowWords[flowActing(actsAsOf(card))]
}

/** The rights that a token carries, and the claim that contains them. */
export function rightsOf(card: TokenCard) {
  const claim = actsAsOf(card) === 'agent' ? 'roles' : 'scp'
  const value = card.claims?.[claim]
  const rights = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split(' ') : []
  return { claim, rights: rights.filter(right => right !== '') }
}

/** The application that a token names as the caller. */
export function clientOf({ claims = {} }: Pick<TokenCard, 'claims'>): unknown {
  return claims['azp'] ?? claims['appid']
}

export function contextsOf({ claims }: TokenCard): readonly string[] {
  const contexts = claims?.['acrs']
  return Array.isArray(contexts) ? contexts.map(String) : []
}

/** "acrs c1": the authentication contexts that a token proves, if any. */
export function tellContexts(card: TokenCard): readonly string[] {
  const contexts = contextsOf(card)
  return contexts.length > 0 ? [`acrs ${contexts.join(' ')}`] : []
}
