import { effect, type Signal } from '@preact/signals'
import type { Conversation } from './conversation/conversation.ts'
import type { Pane } from './frame/tabs.tsx'
import { type TraceView, views } from './trace/trace-view.ts'

/**
 * Keeps the address in step with what is shown, as `#turn=2&view=steps&step=5`, and goes where an address leads.
 * Steps are told by their numbers. Nothing else of the trace is in the address.
 */
export function followAddress(conversation: Conversation, trace: TraceView, pane: Signal<Pane>): void {
  const go = () => {
    const parts = new URLSearchParams(location.hash.slice(1))
    const answer = conversation.exchanges.peek()[Number(parts.get('turn')) - 1]
    if (!answer) return
    conversation.selected.value = answer
    pane.value = 'trace'
    trace.view.value = views.find(view => view === parts.get('view')) ?? trace.view.value
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
    const turn = selected ? conversation.exchanges.value.indexOf(selected) + 1 : 0
    const step = trace.current.value
    const parts = {
      turn: `${turn}`,
      view: trace.view.value,
      ...(step === undefined ? {} : { step: `${step}` }),
    }
    const address = turn === 0 ? `${location.pathname}${location.search}` : `#${new URLSearchParams(parts)}`
    history.replaceState(history.state, '', address)
  })
}
