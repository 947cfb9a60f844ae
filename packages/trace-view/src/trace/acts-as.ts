import type { ActsAs, Flow, TokenCard } from '@entra-agents/trace'
import { type Phrase, phrase } from '../words/phrase.ts'

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
  /** Whom TR names as its subject, within the story’s sentence. */
  readonly asSubject: string
  /** The story's sentence about where TR's right comes from, if that is not the agent's own. */
  readonly origin: Phrase
  /** Whom TR is about. */
  readonly subject: string
}

const permission = { term: 'scope', words: 'delegated permission' } as const

export const subjectWords: Readonly<Record<ActsAs, SubjectWords>> = {
  agent: {
    flow: 'autonomous',
    whose: 'its own',
    forWhom: 'itself',
    asSubject: 'as subject: no user is involved',
    origin: [],
    subject: 'the agent itself',
  },
  user: {
    flow: 'obo',
    whose: 'yours',
    forWhom: 'you',
    asSubject: 'you as the user',
    origin: phrase`Its right is yours, lent by a ${permission} that you or an administrator consented to.`,
    subject: 'you',
  },
  'agent-user': {
    flow: 'agent-user',
    whose: 'its user account’s',
    forWhom: 'its user account',
    asSubject: 'its user account as subject: nobody signed in, and no token of yours is involved',
    origin: phrase`Its right is a ${permission} that an administrator granted the agent for its account.`,
    subject: 'the agent’s user account',
  },
}

export function wordsOfToken(card: TokenCard): SubjectWords {
  return subjectWords[actsAsOf(card)]
}
