import { type Flow, flowNames, type PublicConfig } from '@entra-bedrock-agent/identity-trace'
import { Conversation, type ConversationNeeds, type LiveExchange } from '../conversation/conversation.ts'
import type { KeptExchanges } from '../conversation/kept.ts'

/** One question asked in two flows at once. It is in memory only, and no part of the conversation. */
export class SideBySide {
  readonly message: string
  readonly sides: readonly [Conversation, Conversation]
  readonly #earlier: KeptExchanges

  /** Asks what was asked in an answer of a conversation once more, with the same history. */
  constructor(
    needs: ConversationNeeds,
    conversation: Conversation,
    answer: LiveExchange,
    config: PublicConfig,
  ) {
    const { message, mode } = answer.value.question
    const exchanges = conversation.exchanges.value
      .slice(0, conversation.exchanges.value.indexOf(answer))
      .map(({ value }) => value)
    this.message = message
    this.#earlier = {
      exchanges,
      follows: exchanges.map((_, index) => index - 1),
      shown: exchanges.length - 1,
      left: 0,
    }
    const side = (flow: Flow) => {
      const made = new Conversation(needs, this.#earlier)
      made.mode.value = mode
      made.flow.value = flow
      return made
    }
    const [first, second = first] = flowNames.filter(flow => config.flows.includes(flow))
    this.sides = [side(first ?? 'autonomous'), side(second ?? 'obo')]
  }

  askBoth(): void {
    for (const side of this.sides) this.ask(side)
  }

  /** Asks on one side, in the flow that it has now. */
  ask(side: Conversation): void {
    side.stop()
    side.show(this.#earlier)
    void side.ask(this.message)
  }

  close(): void {
    for (const side of this.sides) side.stop()
  }
}
