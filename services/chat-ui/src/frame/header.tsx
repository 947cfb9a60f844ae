import {
  flowNames,
  flows,
  needsUser,
  type PublicConfig,
  type Status,
} from '@entra-bedrock-agent/identity-trace'
import type { Signal } from '@preact/signals'
import type { PageProblem } from '../agent/page-problem.ts'
import { Segments } from '../controls/segments.tsx'
import type { Conversation } from '../conversation/conversation.ts'
import { AccountMenu } from '../sign-in/account-menu.tsx'
import type { Session } from '../sign-in/session.ts'
import { flowWords } from '../words/flows.ts'
import { modeNames } from '../words/names.ts'
import { StatusMenu } from './status-menu.tsx'
import { ThemeMenu } from './theme.tsx'

interface HeaderProps {
  readonly title: string
  readonly config: PublicConfig
  readonly status: Signal<Status | undefined>
  readonly statusProblem: Signal<PageProblem | undefined>
  readonly session: Session
  readonly conversation: Conversation
}

/** How the next question is asked, whether everything works, and who is here. */
export function Header({ title, config, status, statusProblem, session, conversation }: HeaderProps) {
  return (
    <header class="page-header">
      <Logo />
      <h1>{title}</h1>
      <div class="choices">
        <Segments
          legend="Execution mode"
          name="mode"
          chosen={conversation.mode}
          describedBy="next-question"
          segments={[
            { value: 'direct', label: modeNames.direct },
            { value: 'bedrock', label: modeNames.bedrock, disabled: !config.modes.includes('bedrock') },
          ]}
        />
        <Segments
          legend="Identity flow"
          name="flow"
          chosen={conversation.flow}
          describedBy="next-question"
          segments={flowNames.map(value => ({
            value,
            label: flows[value].label,
            more: flowWords[value].more,
            disabled: !config.flows.includes(value),
          }))}
          onChoose={flow => {
            if (needsUser(flow)) session.prepare()
          }}
        />
      </div>
      <div class="header-end">
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
