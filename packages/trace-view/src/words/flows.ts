import type { Flow, TokenRole } from '@entra-agents/trace'
import { type Phrase, phrase } from './phrase.ts'

/** A token that the sidecar presents to Entra ID to get TR. */
export type FormulaTerm = Exclude<TokenRole, 'TR'>

/** The page's words for a flow. */
export interface FlowWords {
  /** The flow's name where the user chooses it. */
  readonly label: string
  readonly meaning: string
  /** The name of the flow's tokens in the status. */
  readonly tokens: string
  /** As whom the agent calls; ends a sentence: “The agent calls on your behalf.” */
  readonly asWhom: string
  /** The tokens that the sidecar presents to Entra ID to get TR, in the formula's order. T1 is the agent’s credential. */
  readonly terms: readonly FormulaTerm[]
  /** What Entra ID does with these tokens. */
  readonly issues: string
  /** The name of TR in the formula. */
  readonly result: string
  /** Whose right TR carries, and where this right comes from. */
  readonly right: string
  /** The same, in one word. */
  readonly whose: string
  /** For whom the agent calls, beside its name. */
  readonly forWhom: string
  /** Whom TR names as its subject, within the story’s sentence. */
  readonly asSubject: string
  /** The story's sentence about where TR's right comes from, if that is not the agent's own. */
  readonly origin: Phrase
  /** Whom TR is about. */
  readonly subject: string
  /** An example of a question that needs no tool and explains the flow. */
  readonly example: string
}

const permission = { term: 'scope', words: 'delegated permission' } as const

export const flowWords: Readonly<Record<Flow, FlowWords>> = {
  autonomous: {
    label: 'Autonomous',
    meaning: 'The agent calls as itself, with its own rights.',
    tokens: 'Tokens, autonomous',
    asWhom: 'as itself',
    terms: ['T1'],
    issues: 'issues TR',
    result: 'Agent’s token',
    right: 'its own',
    whose: 'its own',
    forWhom: 'itself',
    asSubject: 'as subject: no user is involved',
    origin: [],
    subject: 'the agent itself',
    example: 'Who are you when you call an API?',
  },
  obo: {
    label: 'On behalf of you',
    meaning: 'The agent calls on your behalf, with your rights only.',
    tokens: 'Tokens, on behalf of you',
    asWhom: 'on your behalf',
    terms: ['T1', 'Tc'],
    issues: 'exchanges Tc for TR',
    result: 'Agent’s token',
    right: 'yours, by consent',
    whose: 'yours',
    forWhom: 'you',
    asSubject: 'you as the user',
    origin: phrase`Its right is yours, lent by a ${permission} that you or an administrator consented to.`,
    subject: 'you',
    example: 'What can you see about me?',
  },
  'agent-user': {
    label: 'Agent’s account',
    meaning: 'The agent calls as its own user account. Nobody signs in.',
    tokens: 'Tokens, agent’s account',
    asWhom: 'as its own user account',
    terms: ['T1', 'T2'],
    issues: 'exchanges T2 for TR',
    result: 'Account’s token',
    right: 'granted to the agent',
    whose: 'its user account’s',
    forWhom: 'its user account',
    asSubject: 'its user account as subject: nobody signed in, and no token of yours is involved',
    origin: phrase`Its right is a ${permission} that an administrator granted the agent for its account.`,
    subject: 'the agent’s user account',
    example: 'Who are you when you call an API?',
  },
}
