import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { readConfig } from './agent/public-config.ts'
import { ConversationPanel } from './conversation/conversation-panel.tsx'
import { createPage, type Page } from './page.ts'
import { AccountMenu } from './sign-in/account-menu.tsx'
import { emulatedName } from './trace/names.ts'
import { TracePanel } from './trace/trace-panel.tsx'

const page = signal<Page | 'loading' | 'unreachable'>('loading')

async function loadPage(): Promise<void> {
  page.value = 'loading'
  page.value = await readConfig().then(createPage, () => 'unreachable' as const)
}

const statusEveryMs = 30_000
const title = 'Entra Bedrock Agent'

export function App() {
  useEffect(() => {
    void loadPage()
  }, [])
  return typeof page.value === 'string' ? <Waiting state={page.value} /> : <Workbench page={page.value} />
}

function Waiting({ state }: { readonly state: 'loading' | 'unreachable' }) {
  return (
    <main class="waiting">
      <h1>{title}</h1>
      {state === 'loading' ? (
        <p role="status">Asking the agent how it is set up…</p>
      ) : (
        <div role="alert">
          <p>The agent does not answer. Check that it is running and that you are connected.</p>
          <button type="button" class="button" onClick={() => void loadPage()}>
            Try again
          </button>
        </div>
      )}
    </main>
  )
}

function Workbench({ page: current }: { readonly page: Page }) {
  const running = current.conversation.running.value
  useEffect(() => {
    document.title = running ? `● Answering – ${title}` : title
    if (!running) void current.refreshStatus()
  }, [running, current])
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void current.refreshStatus()
    }, statusEveryMs)
    return () => clearInterval(timer)
  }, [current])
  return (
    <>
      <header class="page-header">
        <h1>{title}</h1>
        <EmulatedNote emulated={current.config.emulated} />
        <AccountMenu session={current.session} />
      </header>
      <main class="panel conversation" aria-label="Conversation">
        <ConversationPanel page={current} />
      </main>
      <aside class="panel trace" aria-labelledby="trace-title">
        <TracePanel page={current} />
      </aside>
      <p class="visually-hidden" role="status">
        {current.announcement.value}
      </p>
    </>
  )
}

function EmulatedNote({ emulated }: { readonly emulated: readonly string[] }) {
  if (emulated.length === 0) return null
  const names = new Intl.ListFormat('en', { type: 'conjunction' }).format(emulated.map(emulatedName))
  return (
    <p class="emulated">
      <strong>Emulated</strong> on this machine: {names}.
    </p>
  )
}
