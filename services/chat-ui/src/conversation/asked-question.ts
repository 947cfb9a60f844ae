import type { ChatRequest } from '@entra-bedrock-agent/identity-trace'
import type { Exchange, Question } from './exchange.ts'
import { historyFor } from './history.ts'
import type { Speaker } from './speaker.ts'

/**
 * A question as it goes to the agent. A conversation can ask nothing else, and history and token are both the speaker's,
 * so they never belong to two people.
 */
export class AskedQuestion {
  readonly request: ChatRequest
  readonly #speaker: Speaker

  constructor(speaker: Speaker, question: Question, earlier: readonly Exchange[]) {
    const history = historyFor(earlier, speaker)
    this.request = { ...question, ...(history.length > 0 ? { history } : {}) }
    this.#speaker = speaker
  }

  /** Tc; there only where the flow or the agent needs it. */
  get userToken(): string | undefined {
    return this.#speaker.userToken
  }
}
