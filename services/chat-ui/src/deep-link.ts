import { type TraceView, viewNamed } from '@entra-agents/trace-view/trace/trace-view'
import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Conversation, LiveExchange } from './conversation/conversation.ts'
import type { Pane } from './frame/tabs.tsx'

/**
 * Makes the address follow what is shown, as `#turn=2&view=steps&step=5&id=…`, and opens what an address names.
 * The address names a step by its number; the agent's turn id distinguishes the answer from those of other conversations.
 * If there are several agents, the address names the agent that is asked. It holds nothing else of the trace.
 *
 * Returns whether the address named an answer that is not in this conversation; `false` once the conversation changes.
 */
export function followAddress(
  conversation: Conversation,
  trace: TraceView,
  pane: Signal<Pane>,
  hasChoice: boolean,
): ReadonlySignal<boolean> {
  const missedIn = signal<readonly LiveExchange[] | undefined>(undefined)
  const turnId = computed(() => conversation.selected.value?.value.turn?.turnId)
  const go = () => {
    const parts = new URLSearchParams(location.hash.slice(1))
    const agent = parts.get('agent')
    if (hasChoice && agent !== null) conversation.switchTo(agent)
    const answer = findAnswer(conversation.exchanges.peek(), parts)
    missedIn.value = parts.has('turn') && !answer ? conversation.exchanges.peek() : undefined
    if (!answer) return
    conversation.selected.value = answer
    pane.value = 'trace'
    trace.view.value = viewNamed(parts.get('view')) ?? trace.view.value
    const step = Number(parts.get('step'))
    trace.sought.value = step > 0 ? step : undefined
  }
  go()
  addEventListener('hashchange', go)
  effect(() => {
    conversation.selected.value
    trace.current.value = undefined
  })
  effect(() => {
    const selected = conversation.selected.value
    const turn =
      selected && !conversation.opened.value ? conversation.exchanges.value.indexOf(selected) + 1 : 0
    const step = trace.current.value
    const id = turnId.value
    const parts = new URLSearchParams({
      ...(hasChoice ? { agent: conversation.agent.value } : {}),
      ...(turn === 0 ? {} : { turn: `${turn}`, view: trace.view.value }),
      ...(turn === 0 || step === undefined ? {} : { step: `${step}` }),
      ...(turn === 0 || id === undefined ? {} : { id }),
    })
    const address = parts.size === 0 ? `${location.pathname}${location.search}` : `#${parts}`
    history.replaceState(history.state, '', address)
  })
  return computed(() => missedIn.value === conversation.exchanges.value)
}

function findAnswer(exchanges: readonly LiveExchange[], parts: URLSearchParams): LiveExchange | undefined {
  const answer = exchanges[Number(parts.get('turn')) - 1]
  const id = parts.get('id')
  return id === null || answer?.value.turn?.turnId === id ? answer : undefined
}
