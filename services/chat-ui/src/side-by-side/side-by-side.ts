import type { Mode, PublicConfig } from '@entra-agents/trace'
import { Conversation, type ConversationNeeds, type LiveExchange } from '../conversation/conversation.ts'
import type { Exchange, Question } from '../conversation/exchange.ts'
import { toKept } from '../conversation/kept.ts'

type SideSetup = Pick<Question, 'agent' | 'flow'>

/** What is to be asked, and whom: all that distinguishes one comparison from another. */
export interface SideBySideChoice {
  readonly message: string
  readonly mode: Mode
  readonly sides: readonly [SideSetup, SideSetup]
}

/** One question to two agents, or in two flows, at once. Kept in memory only, not as part of the conversation. */
export class SideBySide {
  readonly message: string
  readonly sides: readonly [Conversation, Conversation]
  readonly #needs: ConversationNeeds
  readonly #mode: Mode
  readonly #earlier: readonly Exchange[]

  /** Prepares both sides, and asks nothing. `earlier` are the answers before the question. */
  constructor(
    needs: ConversationNeeds,
    { message, mode, sides: [left, right] }: SideBySideChoice,
    earlier: readonly Exchange[] = [],
  ) {
    const side = ({ agent, flow }: SideSetup) => {
      const made = new Conversation(needs, agent)
      made.mode.value = mode
      made.flow.value = flow
      return made
    }
    this.message = message
    this.#needs = needs
    this.#mode = mode
    this.#earlier = earlier
    this.sides = [side(left), side(right)]
  }

  /** What the pickers say at this moment. */
  get choice(): SideBySideChoice {
    const setup = ({ agent, flow }: Conversation): SideSetup => ({ agent: agent.value, flow: flow.value })
    const [left, right] = this.sides
    return { message: this.message, mode: this.#mode, sides: [setup(left), setup(right)] }
  }

  get isAsked(): boolean {
    return this.sides.some(({ exchanges }) => exchanges.value.length > 0)
  }

  /** Asks both sides as the pickers say. Both send the earlier answers along, or neither: a history belongs to one agent and flow. */
  askBoth(): void {
    const [left, right] = this.choice.sides
    const isShared =
      left.flow === right.flow &&
      [left, right].every(({ agent }) => this.#earlier.every(({ question }) => question.agent === agent))
    for (const side of this.sides) {
      side.show(toKept(isShared ? this.#earlier : []))
      void side.ask(this.message)
    }
  }

  /** Both answers as one conversation, which is what can be shared. */
  asConversation(): Conversation {
    const [left, right] = this.sides
    const both = new Conversation(this.#needs, left.agent.peek())
    both.show(toKept([left, right].flatMap(({ selected }) => selected.peek()?.peek() ?? [])))
    return both
  }

  close(): void {
    for (const side of this.sides) side.stop()
  }
}

/** Prepares to ask again the question that an answer replies to. */
export function besideAnswer(
  needs: ConversationNeeds,
  { exchanges }: Conversation,
  answer: LiveExchange,
  config: Pick<PublicConfig, 'agents'>,
): SideBySide {
  const shown = exchanges.peek()
  const earlier = shown.slice(0, shown.indexOf(answer)).map(({ value }) => value)
  return new SideBySide(needs, proposeChoice(answer.peek().question, config), earlier)
}

/** Proposes to ask an agent in its first two flows or, if it has a single flow, the agent and another one, in this flow if possible. */
function proposeChoice(
  { message, mode, ...asked }: Question,
  { agents }: Pick<PublicConfig, 'agents'>,
): SideBySideChoice {
  const setups = agents.flatMap(({ name, flows }) => flows.map(flow => ({ agent: name, flow })))
  const own = setups.filter(({ agent }) => agent === asked.agent)
  const others = setups.filter(({ agent }) => agent !== asked.agent)
  const [left = asked, right = asked] = [
    ...(own.length > 0 ? own : [asked]),
    ...others.filter(({ flow }) => flow === asked.flow),
    ...others,
  ]
  return { message, mode, sides: [left, right] }
}
