import { narrowQuery } from '@entra-agents/trace-view/browser/media-query'
import type { LiveExchange } from '../conversation/conversation.ts'
import type { Page } from '../page.ts'
import { nameTokens, type Place } from './place.ts'

/** What has an address, and what an address can open. */
export type Addressed = Pick<
  Page,
  | ('config' | 'needs' | 'conversation' | 'trace' | 'pane' | 'shownTry')
  | ('sideBySide' | 'closeSideBySide' | 'linkMissed' | 'linkFault')
>

/** The place that the page shows now. */
export function findPlace(page: Addressed): Place {
  const { config, conversation, trace, pane, shownTry, sideBySide } = page
  const opened = conversation.opened.value
  const pair = sideBySide.value
  const answer = conversation.selected.value
  const present = trace.scene.value
  if (pair) return { side: pair.choice, present: pair.isAsked ? present : undefined }
  if (opened) return { opened: opened.isLink ? location.hash : 'file', present }
  const bare: Place = {
    agent: config.agents.length > 1 ? conversation.agent.value : undefined,
    pane: pane.value === 'trace' && matchMedia(narrowQuery).matches ? 'trace' : undefined,
  }
  if (answer) return { ...bare, ...detailsOf(answer, page), present }
  return { ...bare, try: shownTry.value === 0 ? undefined : shownTry.value + 1 }
}

function detailsOf(answer: LiveExchange, { conversation, trace }: Addressed): Place {
  const { turn, steps } = answer.value
  const isCompared = trace.view.value === 'compare'
  const keys = [trace.openToken.value, ...(isCompared ? trace.compared.value : [])]
  const names = keys.some(key => key !== undefined) ? nameTokens(steps) : undefined
  const [token, ...pair] = keys.map(key => names?.get(key ?? ''))
  return {
    turn: conversation.exchanges.value.indexOf(answer) + 1,
    id: turn?.turnId,
    view: trace.view.value,
    pair: pair.length === 2 ? pair.flatMap(name => name ?? []) : undefined,
    step: trace.current.value,
    token,
    find: trace.query.value.trim().slice(0, mostSoughtCharacters) || undefined,
  }
}

const mostSoughtCharacters = 200
