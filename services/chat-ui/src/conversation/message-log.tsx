import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { Button } from '@entra-agents/trace-view/controls/button'
import { Drawing } from '@entra-agents/trace-view/controls/icon'
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Page } from '../page.ts'
import { EmptyState } from './empty-state.tsx'
import type { ExchangeProps } from './exchange-view.tsx'

export type MessageLogProps = Omit<ExchangeProps, 'exchange'> & Pick<Page, 'asking' | 'shownTry' | 'compare'>

/** Up to this distance from its end, in pixels, the log counts as scrolled to the end. */
const endTolerancePx = 48

/** Loads the components that show questions and answers, and the Markdown formatter, after the first paint. */
export async function loadExchangeView() {
  void import('../markdown/markdown.tsx')
  return (await import('./exchange-view.tsx')).ExchangeView
}

const ExchangeView = lazy(loadExchangeView)

/** The conversation. It follows the newest text unless the user has scrolled away from it. */
export function MessageLog(exchangeProps: MessageLogProps) {
  const { conversation } = exchangeProps
  const log = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const following = useSignal(true)
  const lastTop = useRef(0)
  const exchanges = conversation.exchanges.value
  // The button to the newest text would cover the card of the pause.
  const waits = exchanges.at(-1)?.value.pause !== undefined

  const scrollToEnd = () => {
    log.current?.scrollTo({ top: log.current.scrollHeight })
  }
  /** Only scrolling up stops following, and only scrolling down resumes it: the end itself moves when text grows or shrinks. */
  const noteScroll = ({ scrollTop, clientHeight, scrollHeight }: HTMLElement) => {
    const isNearEnd = scrollHeight - scrollTop - clientHeight < endTolerancePx
    if (isNearEnd && scrollTop > lastTop.current) following.value = true
    if (!isNearEnd && scrollTop < lastTop.current) following.value = false
    lastTop.current = scrollTop
  }
  // Text grows as it comes, and shrinks or grows when the formatter has been loaded; the log shrinks when the composer
  // grows. A move of the text for one of these reasons does not count as scrolling.
  useEffect(() => {
    if (!log.current || !content.current) return
    const observer = new ResizeObserver(() => {
      if (log.current && log.current.scrollHeight <= log.current.clientHeight) following.value = true
      if (following.peek() && conversation.exchanges.peek().length > 0) scrollToEnd()
      lastTop.current = log.current?.scrollTop ?? 0
    })
    observer.observe(content.current)
    observer.observe(log.current)
    return () => observer.disconnect()
  }, [conversation, following])
  useEffect(() => {
    if (exchanges.length === 0) return
    following.value = true
    scrollToEnd()
    // The button that was clicked is often gone by now; the focus moves to where the answer comes.
    if (document.activeElement === document.body) log.current?.focus({ preventScroll: true })
  }, [exchanges, following])

  return (
    <div class="log-frame relative">
      <div
        class="log scroll"
        role="log"
        aria-live="off"
        aria-label="Questions and answers"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1)
        tabIndex={0}
        ref={log}
        onScroll={({ currentTarget }) => noteScroll(currentTarget)}
      >
        <div class="middle stack gap-5" ref={content}>
          {exchanges.length === 0 && <EmptyState {...exchangeProps} />}
          {conversation.left.value > 0 && (
            <p class="notice">
              Earlier questions that are no longer here: {conversation.left.value}. There was no room to keep
              them over the reload.
            </p>
          )}
          {exchanges.map(exchange => (
            <ExchangeView key={exchange} exchange={exchange} {...exchangeProps} />
          ))}
        </div>
      </div>
      {!following.value && exchanges.length > 0 && !waits && (
        <Button
          class="button jump middle"
          onClick={() => {
            following.value = true
            log.current?.focus()
            scrollToEnd()
          }}
        >
          <Drawing strokes="M8 3v10M4 9l4 4 4-4" />
          Jump to latest
        </Button>
      )}
    </div>
  )
}
