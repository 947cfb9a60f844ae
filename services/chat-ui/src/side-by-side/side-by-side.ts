import type { PublicConfig } from '@entra-agents/trace'
import { agentNamed } from '../agent/documents.ts'
import { Conversation, type ConversationNeeds, type LiveExchange } from '../conversation/conversation.ts'
import type { Question } from '../conversation/exchange.ts'
import { type KeptExchanges, toKept } from '../conversation/kept.ts'

type SideSetup = Pick<Question, 'agent' | 'flow'>

/** One question to two agents, or in two flows, at once. Kept in memory only, not as part of the conversation. */
export class SideBySide {
  readonly message: string
  readonly sides: readonly [Conversation, Conversation]
  readonly #earlier: KeptExchanges
  readonly #agent: string
  #wasShared = false

  /** Prepares both sides to ask again the question that `answer` replies to. */
  constructor(
    needs: ConversationNeeds,
    conversation: Conversation,
    answer: LiveExchange,
    config: Pick<PublicConfig, 'agents'>,
  ) {
    const { message, mode, agent, flow } = answer.value.question
    const exchanges = conversation.exchanges.value
      .slice(0, conversation.exchanges.value.indexOf(answer))
      .map(({ value }) => value)
    this.message = message
    this.#agent = agent
    this.#earlier = toKept(exchanges)
    const side = (asked: SideSetup) => {
      const made = new Conversation(needs, asked.agent)
      made.mode.value = mode
      made.flow.value = asked.flow
      return made
    }
    const [first = { agent, flow }, second = first] = proposeSides({ agent, flow }, config)
    this.sides = [side(first), side(second)]
  }

  askBoth(): void {
    this.#wasShared = this.#isShared
    for (const side of this.sides) this.#ask(side)
  }

  /** Asks one side again, with another flow or agent; asks both if the change starts or stops sending earlier answers along. */
  change(side: Conversation, { agent, flow }: SideSetup): void {
    side.agent.value = agent
    side.flow.value = flow
    if (this.#isShared === this.#wasShared) this.#ask(side)
    else this.askBoth()
  }

  /** Whether both sides send the earlier answers along; if not, neither side does. */
  get #isShared(): boolean {
    const [one, other] = this.sides
    return [one, other].every(
      ({ agent, flow }) => agent.value === this.#agent && flow.value === one.flow.value,
    )
  }

  #ask(side: Conversation): void {
    side.stop()
    side.show(this.#isShared ? this.#earlier : toKept([]))
    void side.ask(this.message)
  }

  close(): void {
    for (const side of this.sides) side.stop()
  }
}

/** Proposes the agent in its first two flows or, if it has a single flow, the agent in this flow and another agent. */
function proposeSides(
  { agent, flow }: SideSetup,
  config: Pick<PublicConfig, 'agents'>,
): readonly SideSetup[] {
  const flows = agentNamed(config, agent)?.flows ?? []
  if (flows.length > 1) return flows.map(flow => ({ agent, flow }))
  const others = config.agents.filter(({ name }) => name !== agent)
  const other = others.find(({ flows }) => flows.includes(flow)) ?? others[0]
  const [otherFlow = flow] = other?.flows ?? []
  return [
    { agent, flow },
    ...(other ? [{ agent: other.name, flow: other.flows.includes(flow) ? flow : otherFlow }] : []),
  ]
}
