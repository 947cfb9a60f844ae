import type { ChatRequest } from '@entra-bedrock-agent/identity-trace'
import type { Exchange, Question } from './exchange.ts'
import { historyFor } from './history.ts'
import type { Speaker } from './speaker.ts'

/**
 * A question as it goes to the agent. A conversation can ask nothing else, and agent, flow, history and token are all the
 * speaker's, so they never belong to two agents or two people.
 */
export class AskedQuestion {
  readonly request: ChatRequest & { readonly agent: string }
  readonly #speaker: Speaker

  constructor(
    speaker: Speaker,
    { message, mode }: Pick<Question, 'message' | 'mode'>,
    earlier: readonly Exchange[],
  ) {
    const { agent, flow } = speaker
    const history = historyFor(earlier, speaker)
    this.request = { message, agent, mode, flow, ...(history.length > 0 ? { history } : {}) }
    this.#speaker = speaker
  }

  /** Tc; there only where the flow or the agent needs it. */
  get userToken(): string | undefined {
    return this.#speaker.userToken
  }
}
