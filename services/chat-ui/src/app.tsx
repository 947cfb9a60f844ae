import { isPageIncomplete, lazy } from '@entra-agents/trace-view/browser/lazy'
import { narrowQuery, useMediaQuery } from '@entra-agents/trace-view/browser/media-query'
import { set } from '@entra-agents/trace-view/browser/set'
import { Button } from '@entra-agents/trace-view/controls/button'
import { closePopovers } from '@entra-agents/trace-view/controls/popover'
import { describeNames } from '@entra-agents/trace-view/words/names'
import { signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { readConfig } from './agent/documents.ts'
import type { LiveExchange } from './conversation/conversation.ts'
import { ConversationPanel } from './conversation/conversation-panel.tsx'
import { loadExchangeView } from './conversation/message-log.tsx'
import { readConversation } from './conversation/stored-conversation.ts'
import { Header } from './frame/header.tsx'
import { Tabs } from './frame/tabs.tsx'
import { TracePane } from './frame/trace-pane.tsx'
import { createPage, loadAsk, type Page } from './page.ts'

const state = signal<Page | 'loading' | 'unreachable'>('loading')

async function loadPage(): Promise<void> {
  const [config, kept] = await Promise.all([readConfig().catch(() => undefined), readConversation()])
  if (typeof state.value !== 'string') return
  if (!config) {
    state.value = 'unreachable'
    return
  }
  const page = createPage(config, kept)
  const isEmpty = page.conversation.exchanges.peek().length === 0
  state.value = page
  const { followAddress } = await import('./address/address.ts')
  followAddress(page, isEmpty)
}

const statusEveryMs = 30_000
/** The interval of retries while the agent cannot be reached. */
const retryEveryMs = 5_000
const title = 'Entra Bedrock Agent'

export function App() {
  useEffect(() => {
    void loadPage()
  }, [])
  return typeof state.value === 'string' ? <LoadingPage /> : <Workbench page={state.value} />
}

function LoadingPage() {
  useEffect(() => {
    if (state.value !== 'unreachable') return
    const timer = setInterval(() => void loadPage(), retryEveryMs)
    return () => clearInterval(timer)
  }, [state.value])
  return (
    <main class="waiting stack center">
      <h1>{title}</h1>
      {state.value === 'loading' ? (
        <p role="status">Asking the agent how it is set up…</p>
      ) : (
        <div class="stack" role="alert">
          <p>The agent does not answer. Check that it is running and that you are connected.</p>
          <Button
            class="button primary"
            onClick={() => {
              state.value = 'loading'
              void loadPage()
            }}
          >
            Try again
          </Button>
        </div>
      )}
    </main>
  )
}

function Workbench({ page }: { readonly page: Page }) {
  const running = page.conversation.running.value
  const { keptOnSignOut, linkMissed, linkFault, conversation } = page
  const isBannerDue = Boolean(
    keptOnSignOut.value || conversation.opened.value || linkMissed.value || linkFault.value,
  )
  const pair = page.sideBySide.value
  const isOutOfReach = page.statusProblem.value !== undefined
  useEffect(() => {
    document.title = running ? `● Answering – ${title}` : title
    if (!running) void page.refreshStatus()
  }, [running, page])
  useEffect(() => {
    const everyMs = isOutOfReach ? retryEveryMs : statusEveryMs
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void page.refreshStatus()
    }, everyMs)
    return () => clearInterval(timer)
  }, [page, isOutOfReach])
  useEffect(
    () =>
      whenIdle(() => {
        void loadExchangeView()
        loadAsk().catch(() => {})
        page.session.prepare()
      }),
    [page],
  )
  return (
    <>
      <Header title={title} page={page} />
      <div role="status">
        {isPageIncomplete.value && <IncompleteNotice />}
        {isBannerDue && <Banners page={page} />}
      </div>
      {pair ? (
        <SideBySideView key={pair} pair={pair} view={page.trace} onClose={page.closeSideBySide} {...page} />
      ) : (
        <Panes page={page} />
      )}
      <PageKeys />
      <p class="visually-hidden" role="status">
        {page.announcement.value}
      </p>
    </>
  )
}

function IncompleteNotice() {
  // What was to be shown in an open panel does not come, and the panel would cover the notice.
  useEffect(closePopovers, [])
  return (
    <p class="notice line">
      A part of this page could not be loaded. What was asked and answered stays when you reload it.
      <Button onClick={() => location.reload()}>Reload</Button>
    </p>
  )
}

/** Runs a function after the first paint, when the browser is idle; Safari lacks `requestIdleCallback`. */
function whenIdle(run: () => void): void {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(run, { timeout: 2_000 })
  else setTimeout(run)
}

const PageKeys = lazy(async () => (await import('./frame/keys.tsx')).PageKeys)
const Banners = lazy(async () => (await import('./banners.tsx')).Banners)
const SideBySideView = lazy(async () => (await import('./side-by-side/side-by-side-view.tsx')).SideBySideView)

/** Conversation and trace: side by side if there is room, else one pane at a time, beginning with the one that has the focus. */
function Panes({ page }: { readonly page: Page }) {
  const { pane, conversation, trace } = page
  const opened = conversation.opened.value
  const names = useMemo(
    () => (opened ? describeNames({ agents: [], ...opened.names }, false) : page.names),
    [opened, page.names],
  )
  const isNarrow = useMediaQuery(narrowQuery)
  const showTrace = async (exchange: LiveExchange, stepId?: string) => {
    conversation.selected.value = exchange
    pane.value = 'trace'
    requestAnimationFrame(() => document.getElementById('pane-trace')?.focus())
    if (stepId === undefined) return
    const { toTimeline } = await import('@entra-agents/trace-view/trace/timeline')
    const row = toTimeline(exchange.value.steps).rows.find(({ step }) => step.id === stepId)
    if (row) trace.seek(row.number)
  }
  return (
    <div class="panes grid" role={isNarrow ? 'main' : undefined}>
      {isNarrow && <Tabs shown={pane} badge={conversation.running.value ? '●' : ''} />}
      <section
        class="pane conversation relative"
        id="pane-conversation"
        role={isNarrow ? 'tabpanel' : 'main'}
        aria-label="Conversation"
        hidden={isNarrow && pane.value !== 'conversation'}
        onFocusIn={() => set(pane, 'conversation')}
      >
        <h2 class="visually-hidden">Conversation</h2>
        <ConversationPanel {...page} names={names} onTrace={(...shown) => void showTrace(...shown)} />
      </section>
      <section
        class="pane trace relative paper"
        id="pane-trace"
        tabIndex={-1}
        role={isNarrow ? 'tabpanel' : 'complementary'}
        aria-label="Identity Trace"
        hidden={isNarrow && pane.value !== 'trace'}
        onFocusIn={() => set(pane, 'trace')}
      >
        <TracePane {...page} names={names} />
      </section>
    </div>
  )
}
