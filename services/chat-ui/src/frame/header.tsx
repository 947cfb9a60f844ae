import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { narrowQuery, useMediaQuery } from '@entra-agents/trace-view/browser/media-query'
import { Button } from '@entra-agents/trace-view/controls/button'
import { Drawing, Icon } from '@entra-agents/trace-view/controls/icon'
import { closePopovers, Popover } from '@entra-agents/trace-view/controls/popover'
import { agentNamed } from '../agent/documents.ts'
import type { Page } from '../page.ts'
import { AccountMenu } from '../sign-in/account-menu.tsx'
import type { AgentPanelProps } from './agent-panel.tsx'
import { StatusMenu } from './status-menu.tsx'
import { ThemeButton } from './theme.tsx'

const loadingNote = <p class="note">Loading…</p>
const AboutPanel = lazy(async () => (await import('./about-panel.tsx')).AboutPanel, loadingNote)
const AgentPanel = lazy(async () => (await import('./agent-panel.tsx')).AgentPanel)
const ArchivePanel = lazy(async () => (await import('../archive/past-panel.tsx')).ArchivePanel, loadingNote)
const FilePicker = lazy(async () => (await import('../report/file-picker.tsx')).FilePicker)
const InstructionsPanel = lazy(
  async () => (await import('./instructions-panel.tsx')).InstructionsPanel,
  loadingNote,
)

/** The page's only bar: what belongs to the agent at its start, what belongs to the user at its end. */
export function Header({ title, page }: { readonly title: string; readonly page: Page }) {
  const isNarrow = useMediaQuery(narrowQuery)
  const conversations = (
    <>
      <NewConversation {...page} />
      <Popover
        id="past"
        shortcut="e"
        label="Earlier conversations"
        class="button quiet"
        button={
          <>
            <Drawing strokes="M3 8a5 5 0 1 0 1.6-3.7M3 2.5v2.8h2.8M8 5.2V8l2 1.3" />
            <span>
              Earlier<span class="menu-only"> conversations</span>
            </span>
          </>
        }
      >
        <ArchivePanel {...page} />
        <FilePicker {...page} />
      </Popover>
    </>
  )
  const instructions = page.config.modes.includes('bedrock') && (
    <Popover
      id="told"
      shortcut="m"
      label="What the model is told"
      class="button quiet"
      icon="sheet"
      button="What the model is told"
    >
      <InstructionsPanel {...page} />
    </Popover>
  )
  return (
    <header class="bar line">
      <Popover
        id="about"
        label={`${title}: version, documentation, keys`}
        panelClass="menu"
        button={<Logo />}
      >
        <AboutPanel title={title} {...page} />
      </Popover>
      <h1 class="visually-hidden">{title}</h1>
      <AgentMenu {...page} />
      {!isNarrow && conversations}
      <div class="end line">
        {!isNarrow && instructions}
        <StatusMenu {...page} />
        {isNarrow ? (
          <Popover
            key="more"
            id="more"
            label="More: new, earlier, what the model is told, account, theme"
            panelClass="menu"
            icon="more"
          >
            {conversations}
            {instructions}
            <AccountMenu {...page} />
            <ThemeButton />
          </Popover>
        ) : (
          <>
            <AccountMenu {...page} />
            <ThemeButton />
          </>
        )}
      </div>
    </header>
  )
}

/** Begins a new conversation or, as long as nothing is asked in it, brings back the one that it replaced. */
function NewConversation({ conversation }: Pick<Page, 'conversation'>) {
  const canUndo = conversation.exchanges.value.length === 0 && conversation.replaced.value !== undefined
  const press = () => {
    if (canUndo) conversation.undoStartOver()
    else conversation.startOver()
    closePopovers()
    if (!canUndo) document.getElementById('message')?.focus()
  }
  const look = canUndo ? {} : ({ icon: 'plus', 'aria-keyshortcuts': 'n' } as const)
  return (
    <Button key={canUndo} class="button quiet" {...look} onClick={press}>
      <span>
        {canUndo ? 'Undo' : 'New'}
        <span class="menu-only">{canUndo && ' new'} conversation</span>
      </span>
    </Button>
  )
}

/** Shows which agent is asked and lets the user choose another one. Renders nothing if there is only one. */
function AgentMenu(props: AgentPanelProps) {
  const { config, conversation } = props
  const agent = conversation.agent.value
  const name = conversation.opened.value?.agent ?? agentNamed(config, agent)?.title ?? agent
  if (config.agents.length < 2) return null
  return (
    <Popover
      id="agents"
      shortcut="a"
      class="button agent-button"
      label="Agents"
      panelClass="menu"
      opens="menu"
      button={
        <>
          <span class="visually-hidden">Agent: </span>
          <span class="cut">{name}</span>
          <Icon name="below" />
        </>
      }
    >
      <AgentPanel {...props} />
    </Popover>
  )
}

function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path fill="none" d="M16 7v4M16 21v4M7 16h4M21 16h4M13 16a3 3 0 1 0 6 0 3 3 0 1 0-6 0" />
    </svg>
  )
}
