import { agentNamed } from '../agent/documents.ts'
import type { LiveExchange } from '../conversation/conversation.ts'
import type { Addressed } from './find-place.ts'
import { nameTokens, type Place } from './place.ts'

/** How the user came to an address. */
export interface Arrival {
  /** Whether by a link or a reload, not by Back or Forward. */
  readonly isLink: boolean
  /** Whether nothing was asked when the user left this place. */
  readonly isEmpty: boolean
}

/** Shows a place, as far as it is still there. */
export async function openPlace(page: Addressed, there: Place, arrival: Arrival): Promise<void> {
  const { conversation, trace, pane, shownTry, sideBySide, linkMissed } = page
  trace.scene.value = undefined
  if (there.opened !== undefined) return openLinkedTrace(page, there.opened)
  if (conversation.opened.peek()) conversation.closeFile()
  openConversation(page, there, arrival)
  const named = conversation.exchanges.peek()[(there.turn ?? 0) - 1]
  const answer =
    named && (there.id ?? named.peek().turn?.turnId) === named.peek().turn?.turnId ? named : undefined
  linkMissed.value = arrival.isLink && there.turn !== undefined && !answer
  await openSides(page, there)
  pane.value = there.pane ?? 'conversation'
  shownTry.value = Math.min(there.try ?? 1, 4) - 1
  if (answer) showAnswer(page, answer, there)
  const isPresentable = sideBySide.peek()?.isAsked ?? (answer?.peek().steps.length ?? 0) > 0
  trace.scene.value = isPresentable ? there.present : undefined
}

async function openLinkedTrace(page: Addressed, fragment: string): Promise<void> {
  const { conversation, pane, linkFault } = page
  page.closeSideBySide()
  const { openLink } = await import('../report/open-trace.ts')
  const fault = await openLink(fragment, conversation)
  if (fault === '') pane.value = 'trace'
  linkFault.value = fault
}

/** Back to the empty page begins a new conversation, and Forward brings back the one that this replaced. */
function openConversation(
  { config, conversation }: Addressed,
  there: Place,
  { isLink, isEmpty }: Arrival,
): void {
  const { exchanges, replaced } = conversation
  const isAsked = exchanges.peek().length > 0
  const isBusy = exchanges.peek().some(({ value }) => value.state === 'running' || value.state === 'waiting')
  if (there.turn !== undefined) {
    const isReplaced = replaced.peek()?.exchanges.some(({ turn }) => turn?.turnId === there.id)
    if (!isAsked && isReplaced) conversation.undoStartOver()
  } else if (isAsked && isEmpty && !isLink && !isBusy) conversation.startOver()
  const mayChoose = isLink || exchanges.peek().length === 0
  if (mayChoose && there.agent !== undefined && agentNamed(config, there.agent))
    conversation.switchTo(there.agent)
}

async function openSides(page: Addressed, { side }: Place): Promise<void> {
  const { config, needs, conversation, sideBySide } = page
  const isOffered = side?.sides.every(({ agent, flow }) => agentNamed(config, agent)?.flows.includes(flow))
  if (!side || !isOffered) {
    page.closeSideBySide()
  } else if (sideBySide.peek()?.message !== side.message) {
    const { SideBySide } = await import('../side-by-side/side-by-side.ts')
    page.closeSideBySide()
    sideBySide.value = new SideBySide(needs, { ...side, mode: conversation.mode.peek() })
  }
}

function showAnswer({ conversation, trace }: Addressed, answer: LiveExchange, there: Place): void {
  const { view = 'steps', step, find, pair = [], token = '' } = there
  const names = [...nameTokens(answer.peek().steps)]
  const keyOf = (sought: string) => names.find(([, name]) => name === sought.toLowerCase())?.[0]
  conversation.selected.value = answer
  trace.view.value = view
  trace.compared.value = pair.flatMap(name => keyOf(name) ?? [])
  trace.openToken.value = keyOf(token)
  trace.query.value = find ?? ''
  // Going to a step would end the search.
  trace.current.value = find === undefined ? undefined : step
  trace.sought.value = find === undefined && view !== 'compare' ? step : undefined
}
