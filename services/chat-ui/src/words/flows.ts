import type { Flow, TokenRole } from '@entra-bedrock-agent/identity-trace'

/** What the page says of a flow. */
interface FlowWords {
  /** What it is called where it is chosen. */
  readonly label: string
  readonly meaning: string
  /** What its tokens are called in the status. */
  readonly tokens: string
  /** As whom the agent calls, as the end of a sentence. */
  readonly asWhom: string
  /** The tokens that the sidecar shows to Entra ID to get TR, in the order in which they are written. T1 is the agent’s credential. */
  readonly terms: readonly TokenRole[]
  /** What Entra ID does when it is shown them. */
  readonly issues: string
  /** Whose right TR carries, and where it comes from. */
  readonly right: string
  /** A question that needs no tool and teaches. */
  readonly example: string
}

export const flowWords: Readonly<Record<Flow, FlowWords>> = {
  autonomous: {
    label: 'Autonomous',
    meaning: 'The agent calls as itself, with its own rights.',
    tokens: 'Tokens, autonomous',
    asWhom: 'as itself',
    terms: ['T1'],
    issues: 'issues TR',
    right: 'its own',
    example: 'Who are you when you call an API?',
  },
  obo: {
    label: 'On behalf of you',
    meaning: 'The agent calls on your behalf, with your rights only.',
    tokens: 'Tokens, on behalf of you',
    asWhom: 'on your behalf',
    terms: ['T1', 'Tc'],
    issues: 'exchanges Tc for TR',
    right: 'yours, by consent',
    example: 'What can you see about me?',
  },
  'agent-user': {
    label: 'As its own user',
    meaning: 'The agent calls as the user account that it has in Entra, with that account’s rights.',
    tokens: 'Tokens, as its own user',
    asWhom: 'as its own user account',
    terms: ['T1', 'T2'],
    issues: 'exchanges T2 for TR',
    right: 'its user account’s',
    example: 'Who are you when you call an API?',
  },
}
