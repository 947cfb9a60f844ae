import { useSignal } from '@preact/signals'
import { agentNamed } from '../agent/documents.ts'
import { useLoaded } from '../browser/loaded.ts'
import { Icon } from '../controls/icon.tsx'
import { Popover } from '../controls/popover.tsx'
import type { AgentPanelProps } from './agent-panel.tsx'

const load = async () => (await import('./agent-panel.tsx')).AgentPanel

/** Which agent is asked, and the way to another one. Nothing where there is one only. */
export function AgentMenu(props: AgentPanelProps) {
  const opened = useSignal(0)
  const Panel = useLoaded(load, opened.value > 0)
  const { config, conversation } = props
  if (config.agents.length < 2) return null
  const name = conversation.agent.value
  return (
    <Popover
      id="agents"
      class="button agent-button"
      label="Agents"
      opens="menu"
      onToggle={isOpen => {
        if (isOpen) opened.value += 1
      }}
      button={
        <>
          <span class="visually-hidden">Agent: </span>
          <span class="account-name">{agentNamed(config, name)?.title ?? name}</span>
          <Icon name="chevron" />
        </>
      }
    >
      {Panel && <Panel key={opened.value} {...props} />}
    </Popover>
  )
}
