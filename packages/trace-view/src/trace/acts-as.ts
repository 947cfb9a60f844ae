import type { ActsAs, Flow, TokenCard } from '@entra-agents/trace'

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

/** The page's words for whose rights a token has. */
interface SubjectWords {
  /** The flow in which TR has these rights. */
  readonly flow: Flow
  /** Whose right TR carries, in one word. */
  readonly whose: string
  /** For whom the agent calls, beside its name. */
  readonly forWhom: string
  /** What TR names, on its plate; of the agent's own TR, only its API matters. */
  readonly named?: string
  /** The story's sentence about who gave TR's right, and what no token tells of it. */
  readonly origin?: string
  /** Whom TR is about. */
  readonly subject: string
}

export const subjectWords: Readonly<Record<ActsAs, SubjectWords>> = {
  agent: {
    flow: 'autonomous',
    whose: 'its own',
    forWhom: 'itself',
    subject: 'the agent itself',
  },
  user: {
    flow: 'obo',
    whose: 'yours',
    forWhom: 'you',
    named: 'names agent and you',
    origin:
      'The scope shows that somebody consented, you or an administrator; who it was, only Entra ID knows.',
    subject: 'you',
  },
  'agent-user': {
    flow: 'agent-user',
    whose: 'its user account’s',
    forWhom: 'its user account',
    named: 'names its own account',
    origin: 'The scope shows that an administrator consented; which one, only Entra ID knows.',
    subject: 'the agent’s user account',
  },
}

export function wordsOfToken(card: TokenCard): SubjectWords {
  return subjectWords[actsAsOf(card)]
}
