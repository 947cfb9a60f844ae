import { computed, type Signal, signal } from '@preact/signals'
import type { Conversation, LiveExchange } from './conversation/conversation.ts'
import type { Pane } from './frame/tabs.tsx'

/** The trace that the address carries, shown instead of the conversation. */
export function createSharedTrace(conversation: Conversation, pane: Signal<Pane>) {
  const isReading = signal(false)
  const faultIn = signal<readonly [readonly LiveExchange[], string] | undefined>(undefined)
  return {
    isNamed: () => location.hash.startsWith('#trace='),
    async open(): Promise<void> {
      isReading.value = true
      const { openLink } = await import('./report/open-trace.ts')
      const fault = await openLink(location.hash, conversation)
      if (fault === '') pane.value = 'trace'
      faultIn.value = [conversation.exchanges.peek(), fault]
      isReading.value = false
    },
    close(): void {
      if (conversation.opened.peek()?.isLink) conversation.closeFile()
    },
    /** Whether the address stays as it is. */
    isHere: computed(() => isReading.value || conversation.opened.value?.isLink === true),
    /** Why the trace cannot be shown, until the conversation changes. */
    fault: computed(() => {
      const [exchanges, fault = ''] = faultIn.value ?? []
      return exchanges === conversation.exchanges.value ? fault : ''
    }),
  }
}
