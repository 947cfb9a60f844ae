import { type ActsAs, flowNames, flows, type TokenCard } from '@entra-agents/trace'
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

/** The words of the flow whose rights a token has. */
export function wordsOfToken(card: TokenCard): FlowWords {
  const actsAs = actsAsOf(card)
  return flowWords[flowNames.find(flow => flows[flow].actsAs === actsAs) ?? 'autonomous']
}
