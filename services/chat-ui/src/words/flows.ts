import type { Flow } from '@entra-bedrock-agent/identity-trace'

/** What the page says of a flow. */
interface FlowWords {
  /** Goes on with the label where the flow is chosen. */
  readonly more?: string
  readonly meaning: string
  /** What its tokens are called in the status. */
  readonly tokens: string
  /** The path that a question takes. */
  readonly path: string
  /** A question that needs no tool and teaches. */
  readonly example: string
}

export const flowWords: Readonly<Record<Flow, FlowWords>> = {
  autonomous: {
    meaning: 'The agent calls as itself, with its own rights.',
    tokens: 'Tokens, autonomous',
    path: 'The agent, in one pod with its sidecar, gets its own token (TR) there and calls the API as itself.',
    example: 'Who are you when you call an API?',
  },
  obo: {
    more: ': on behalf of you',
    meaning: 'The agent calls on your behalf, with your rights only.',
    tokens: 'Tokens, on behalf of you',
    path: 'Your token (Tc) goes to the agent and its sidecar, which exchanges it for a token of the agent (TR) that names you; with that the agent calls the API.',
    example: 'What can you see about me?',
  },
}
