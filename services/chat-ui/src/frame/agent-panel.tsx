import type { Component } from '@entra-agents/trace'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { closePopovers } from '@entra-agents/trace-view/controls/popover'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { shortenIds } from '@entra-agents/trace-view/words/names'
import { useEffect, useRef } from 'preact/hooks'
import type { Page } from '../page.ts'
import { type ShownState, StatusLight, shownState } from './status-line.tsx'

export type AgentPanelProps = Pick<Page, 'config' | 'conversation' | 'status'>

/** The agents: purpose, id, flows and health of each. Choosing an agent starts a new conversation with it. */
export function AgentPanel({ config, conversation, status }: AgentPanelProps) {
  const menu = useRef<HTMLDivElement>(null)
  // After the panel is shown: what is hidden takes no focus.
  useEffect(() => {
    const items =
      menu.current?.querySelector<HTMLElement>('[aria-checked=true]') ?? menu.current?.querySelector('button')
    items?.focus()
  }, [])
  return (
    <>
      <div
        class="agents"
        role="menu"
        aria-label="Agent"
        ref={menu}
        onKeyDown={event => {
          if (moveFocus(event)) event.preventDefault()
        }}
      >
        {config.agents.map(({ name, title, description, clientId, flows, changes }) => {
          const health: Component = status.value?.agents?.[name] ?? { state: 'unknown' }
          const state = shownState(health)
          const isChosen = conversation.agent.value === name
          return (
            <button
              key={name}
              type="button"
              role="menuitemradio"
              aria-checked={isChosen}
              tabIndex={isChosen ? 0 : -1}
              class="menu-row agent-row ends wide pad-2"
              onClick={() => {
                conversation.switchTo(name)
                closePopovers()
                document.getElementById('message')?.focus()
              }}
            >
              {isChosen ? <Icon name="check" /> : <i />}
              <div>
                <strong>{title}</strong>
                {health.problem && <p class="fine">{health.problem.title}</p>}
                {description && <p class="fine">{description}</p>}
                {changes && <p class="fine">{tellChanges(changes, config)}</p>}
                <p class="fine">
                  <code>{shortenIds(clientId)}</code> ·{' '}
                  {flows.map(flow => flowWords[flow].label.toLowerCase()).join(', ')}
                </p>
              </div>
              <span class="fine row">
                <StatusLight state={state} /> {tokenWords[state]}
              </span>
            </button>
          )
        })}
      </div>
      <p class="fine pad-2">
        Made from one blueprint; each has rights of its own. Choosing another starts a new conversation.
      </p>
    </>
  )
}

/** What an agent has a right to change, as its configuration says. */
function tellChanges(changes: readonly string[], { apis }: Page['config']): string {
  const titles = changes.map(name => apis.find(api => api.name === name)?.title ?? name)
  return titles.length > 0 ? `May change: ${titles.join(', ')}` : 'May change nothing'
}

/** Whether Entra ID gives an agent tokens; this says nothing about the agent's rights. */
const tokenWords: Readonly<Record<ShownState, string>> = {
  ready: 'Ready',
  degraded: 'Gets some tokens',
  unavailable: 'Gets no token',
  unknown: 'Not tried yet',
}

const focusMoves: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_at, count) => count - 1,
}

/** Moves the focus if the key moves through a menu, as arrow keys do; returns `false` for any other key. */
function moveFocus({ key, currentTarget, target }: KeyboardEvent): boolean {
  const move = Object.hasOwn(focusMoves, key) ? focusMoves[key] : undefined
  if (!move || !(currentTarget instanceof HTMLElement)) return false
  const items = [...currentTarget.querySelectorAll<HTMLElement>('[role=menuitemradio]')]
  items[move(items.indexOf(target as HTMLElement), items.length)]?.focus()
  return true
}
