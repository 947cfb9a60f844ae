import type { PublicConfig, Status } from '@entra-bedrock-agent/identity-trace'
import type { Signal } from '@preact/signals'
import type { PageProblem } from '../agent/page-problem.ts'
import { lazy } from '../browser/lazy.tsx'
import { Icon } from '../controls/icon.tsx'
import { Popover } from '../controls/popover.tsx'
import { AccountMenu } from '../sign-in/account-menu.tsx'
import type { Session } from '../sign-in/session.ts'
import { AgentMenu } from './agent-menu.tsx'
import { StatusMenu } from './status-menu.tsx'
import { ThemeMenu } from './theme.tsx'
import type { ToldPanelProps } from './told-panel.tsx'

interface HeaderProps extends ToldPanelProps {
  readonly title: string
  readonly config: PublicConfig
  readonly status: Signal<Status | undefined>
  readonly statusProblem: Signal<PageProblem | undefined>
  readonly session: Session
}

const ToldPanel = lazy(async () => (await import('./told-panel.tsx')).ToldPanel, <p class="note">Loading…</p>)

/** Whose page this is, whether everything works, and who is here. */
export function Header({
  title,
  config,
  status,
  statusProblem,
  session,
  conversation,
  names,
  identify,
}: HeaderProps) {
  return (
    <header class="page-header">
      <Logo />
      <h1 class="wide-only">{title}</h1>
      <AgentMenu config={config} conversation={conversation} status={status} />
      <div class="end line">
        {config.modes.includes('bedrock') && (
          <Popover id="told" label="What the model is told" panelClass="told" button={<Icon name="sheet" />}>
            <ToldPanel conversation={conversation} names={names} identify={identify} />
          </Popover>
        )}
        <StatusMenu status={status.value} problem={statusProblem.value} config={config} />
        <AccountMenu session={session} onSignedIn={() => void conversation.askWaiting()} />
        <ThemeMenu />
      </div>
    </header>
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
