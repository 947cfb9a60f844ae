import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { Popover } from '@entra-agents/trace-view/controls/popover'
import { agentNamed } from '../agent/documents.ts'
import type { Page } from '../page.ts'
import { AccountMenu } from '../sign-in/account-menu.tsx'
import type { AgentPanelProps } from './agent-panel.tsx'
import { StatusMenu } from './status-menu.tsx'
import { ThemeMenu } from './theme.tsx'

const AgentPanel = lazy(async () => (await import('./agent-panel.tsx')).AgentPanel)
const InstructionsPanel = lazy(
  async () => (await import('./instructions-panel.tsx')).InstructionsPanel,
  <p class="note">Loading…</p>,
)

/** The page's title, the health of the agent, and who is signed in. */
export function Header({ title, page }: { readonly title: string; readonly page: Page }) {
  return (
    <header class="page-header">
      <Logo />
      <h1 class="wide-only">{title}</h1>
      <AgentMenu {...page} />
      <div class="end line">
        {page.config.modes.includes('bedrock') && (
          <Popover id="told" label="What the model is told" panelClass="told" button={<Icon name="sheet" />}>
            <InstructionsPanel {...page} />
          </Popover>
        )}
        <StatusMenu {...page} />
        <AccountMenu {...page} />
        <ThemeMenu />
      </div>
    </header>
  )
}

/** Shows which agent is asked and lets the user choose another one. Renders nothing if there is only one. */
function AgentMenu(props: AgentPanelProps) {
  const { config, conversation } = props
  if (config.agents.length < 2) return null
  const name = conversation.agent.value
  return (
    <Popover
      id="agents"
      class="button agent-button"
      label="Agents"
      opens="menu"
      button={
        <>
          <span class="visually-hidden">Agent: </span>
          <span class="account-name">{agentNamed(config, name)?.title ?? name}</span>
          <Icon name="chevron" />
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
      <path d="M7 16h6m6 0h6M13 16a3 3 0 1 0 6 0 3 3 0 1 0-6 0M16 7v6m0 6v6" />
    </svg>
  )
}
