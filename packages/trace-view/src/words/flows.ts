import type { Flow, TokenRole } from '@entra-agents/trace'

/** A token that the sidecar presents to Entra ID to get TR. */
export type FormulaTerm = Exclude<TokenRole, 'TR'>

/** The page's words for a flow. */
export interface FlowWords {
  /** The flow's name where the user chooses it. */
  readonly label: string
  /** Entra's own name of the flow, by which its documentation and logs know it. */
  readonly entraName: string
  readonly meaning: string
  /** As whom the agent calls; ends a sentence: “The agent calls for you.” */
  readonly asWhom: string
  /** The tokens that the sidecar presents to Entra ID to get TR, in the formula's order. T1 is the agent’s credential. */
  readonly terms: readonly FormulaTerm[]
  /** The name of TR in the formula. */
  readonly result: string
  /** What TR names, on its plate; of the agent's own TR, only its API matters. */
  readonly named?: string
  /** Whose right TR carries, and where this right comes from. */
  readonly right: string
  /** Whose right TR carries, in one word. */
  readonly whose: string
  /** For whom the agent calls, beside its name. */
  readonly forWhom: string
  /** Whom TR is about. */
  readonly subject: string
  /** An example of a question that needs no tool and explains the flow. */
  readonly example: string
}

export const flowWords: Readonly<Record<Flow, FlowWords>> = {
  autonomous: {
    label: 'As itself',
    entraName: 'autonomous',
    meaning: 'The agent calls as itself, with its own rights.',
    asWhom: 'as itself',
    terms: ['T1'],
    result: 'Agent’s token',
    right: 'its own',
    whose: 'its own',
    forWhom: 'itself',
    subject: 'the agent itself',
    example: 'Who are you when you call an API?',
  },
  obo: {
    label: 'For me',
    entraName: 'on behalf of',
    meaning: 'The agent calls for you, with your rights only.',
    asWhom: 'for you',
    terms: ['T1', 'Tc'],
    result: 'Agent’s token',
    named: 'names agent and you',
    right: 'yours, by consent',
    whose: 'yours',
    forWhom: 'you',
    subject: 'you',
    example: 'What can you see about me?',
  },
  'agent-user': {
    label: 'Its own account',
    entraName: 'agent’s user account',
    meaning: 'The agent calls as its own user account. Nobody signs in.',
    asWhom: 'as its own user account',
    terms: ['T1', 'T2'],
    result: 'Account’s token',
    named: 'names its own account',
    right: 'granted to the agent',
    whose: 'its user account’s',
    forWhom: 'its user account',
    subject: 'the agent’s user account',
    example: 'Who are you when you call an API?',
  },
}
