import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { Popover } from '@entra-agents/trace-view/controls/popover'
import { agentNamed } from '../agent/documents.ts'
import type { AgentPanelProps } from './agent-panel.tsx'

const AgentPanel = lazy(async () => (await import('./agent-panel.tsx')).AgentPanel)

/** Shows which agent is asked and lets the user choose another one. Renders nothing if there is only one. */
export function AgentMenu(props: AgentPanelProps) {
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
