import type { Pause, TraceStep, TurnEvent } from '@entra-agents/trace'
import { agentToken, apiCall, step } from '@entra-agents/trace-view/testing/trace'
import { orderCall, pauseOf } from '@entra-agents/trace-view/testing/waiting'
import type { Locator, Page } from 'playwright-core'
import { ask, cardButton } from './steps.ts'
import {
  type AgentModeFlow,
  config,
  deltaEvent,
  resultEvent,
  stepEvents,
  tokenStep,
  userTokenStep,
} from './turns.ts'

/** What the model says before it waits. */
export const textBefore = 'I’ll order skis.'

export const consentRequest = {
  url: `${config.authority}/oauth2/v2.0/authorize?response_type=none`,
  adminUrl: `${config.authority}/v2.0/adminconsent`,
  state: 'state-of-consent',
  scopes: [{ value: 'Orders.ReadWrite', text: 'Use the Orders API for you' }],
}

export const approvalCard = (page: Page) => page.getByRole('region', { name: 'The agent asks you first' })
export const waitUntilPressable = (page: Page, name = 'Create order') => cardButton(page, name).waitFor()

/** Asks for an order, and waits until a card takes clicks. */
export async function askForOrder(page: Page, button?: string): Promise<Locator> {
  const answer = await ask(page, 'Order skis')
  await waitUntilPressable(page, button)
  return answer
}

/** The last event of a turn that waits. */
export function pauseEvent({ mode, flow }: AgentModeFlow, more: Partial<Pause> = {}): TurnEvent {
  const continuation = `sealed-${more.kind ?? 'approval'}`
  const expiresAt = new Date(Date.now() + 10 * 60_000).toISOString()
  return { event: 'pause', data: pauseOf({ agent: 'default', mode, flow, continuation, expiresAt, ...more }) }
}

export function toolStep(status: TraceStep['status'], more: Partial<TraceStep> = {}): TraceStep {
  const tool = { name: 'create_order', arguments: orderCall.arguments }
  return step('w', { from: 'bedrock', to: 'agent', status, tool, ...more })
}

/** The user's decision as a step of the trace. */
export function decisionStep(decision: 'approve' | 'deny'): TraceStep {
  const approval = { decision, digest: 'd1', waitedMs: 23_000 }
  return step('d1', { from: 'user', to: 'agent', parentId: 'w', kind: 'approval', approval })
}

/** The events of a turn that waits, for an approval if `more` says nothing else. */
export function eventsUntilPause(request: AgentModeFlow, more: Partial<Pause> = {}): TurnEvent[] {
  return [
    ...stepEvents([userTokenStep('s0')]),
    deltaEvent(textBefore),
    ...stepEvents([toolStep('running'), toolStep('waiting')]),
    pauseEvent(request, more),
  ]
}

/** The events of an approved turn that goes on to its end, with nothing more demanded of the user. */
export function eventsAfterApproval(request: AgentModeFlow): TurnEvent[] {
  const parentId = 'w'
  const call = apiCall('x', agentToken, { parentId, response: { status: 201 } })
  return [
    ...stepEvents([userTokenStep('s1'), decisionStep('approve'), toolStep('running')]),
    ...stepEvents([{ ...tokenStep('t', agentToken), parentId }, call, toolStep('ok')]),
    deltaEvent('It is ordered.'),
    resultEvent(request, 'It is ordered.'),
  ]
}
