import { type TraceView, viewNamed } from '@entra-agents/trace-view/trace/trace-view'
import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Conversation, LiveExchange } from './conversation/conversation.ts'
import type { Pane } from './frame/tabs.tsx'
import { createSharedTrace } from './shared-trace.ts'

/**
 * Makes the address follow what is shown, as `#turn=2&view=steps&step=5&id=…`, and opens what an address names.
 * The address names a step by its number; the agent's turn id distinguishes the answer from those of other conversations.
 * If there are several agents, the address names the agent that is asked. It holds nothing else of the trace, unless it was
 * made to carry one whole, as `#trace=…`.
 *
 * Returns whether the address named an answer that is not in this conversation, until the conversation changes, and why the
 * trace of an address cannot be shown.
 */
export function followAddress(
  conversation: Conversation,
  trace: TraceView,
  pane: Signal<Pane>,
  hasChoice: boolean,
): { readonly linkMissed: ReadonlySignal<boolean>; readonly linkFault: ReadonlySignal<string> } {
  const missedIn = signal<readonly LiveExchange[] | undefined>(undefined)
  const turnId = computed(() => conversation.selected.value?.value.turn?.turnId)
  const shared = createSharedTrace(conversation, pane)
  const go = () => {
    if (shared.isNamed()) {
      void shared.open()
      return
    }
    const parts = new URLSearchParams(location.hash.slice(1))
    shared.close()
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
    if (shared.isHere.value) return
    const selected = conversation.selected.value
    const turn =
      selected && !conversation.opened.value ? conversation.exchanges.value.indexOf(selected) + 1 : 0
    const parts = new URLSearchParams()
    const named = {
      agent: hasChoice ? conversation.agent.value : undefined,
      ...(turn > 0 && { turn, view: trace.view.value, step: trace.current.value, id: turnId.value }),
    }
    for (const [name, value] of Object.entries(named)) if (value !== undefined) parts.set(name, `${value}`)
    const address = parts.size === 0 ? `${location.pathname}${location.search}` : `#${parts}`
    history.replaceState(history.state, '', address)
  })
  return {
    linkMissed: computed(() => missedIn.value === conversation.exchanges.value),
    linkFault: shared.fault,
  }
}

function findAnswer(exchanges: readonly LiveExchange[], parts: URLSearchParams): LiveExchange | undefined {
  const answer = exchanges[Number(parts.get('turn')) - 1]
  const id = parts.get('id')
  return id === null || answer?.value.turn?.turnId === id ? answer : undefined
}
