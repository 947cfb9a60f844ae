import type { AskedCall, Pause, TraceStep, TurnEvent } from '@entra-agents/trace'
import type { Locator, Page } from 'playwright-core'
import { identities } from '../../support/identities.ts'
import { ask } from './steps.ts'
import {
  type AgentModeFlow,
  config,
  deltaEvent,
  problem,
  resultEvent,
  step,
  stepEvents,
  userTokenStep,
} from './turns.ts'

export const alertQuestion = 'Warn me when Oslo falls below −5 °C'
/** What the model says before it waits. */
export const alertText = 'I’ll set up an alert for Oslo.'

/** The call that the turns of these tests wait for. */
export const alertCall: AskedCall = {
  callId: 'c1',
  tool: 'create_alert',
  title: 'Create alert',
  api: 'weather-api',
  effect: 'create',
  sentence: [
    { value: 'Oslo' },
    { text: ' below ' },
    { value: '−5 °C' },
    { text: ', until ' },
    { value: 'Friday 4 December 2026' },
    { text: '. An alert is a record.' },
  ],
  arguments: { city: 'Oslo', when: { kind: 'temperature-below', celsius: -5 }, untilDate: '2026-12-04' },
  digest: 'd1',
  stepId: 'w1',
}

/** The claims that a step-up demands. */
export const claimsChallenge = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } })

export const consentRequest = {
  url: `${config.authority}/oauth2/v2.0/authorize?response_type=none`,
  adminUrl: `${config.authority}/v2.0/adminconsent`,
  state: 'state-of-consent',
  scopes: [{ value: 'Alerts.ReadWrite', text: 'Use the Weather API for you' }],
}

export const approvalCard = (page: Page) => page.getByRole('region', { name: 'Create alert?' })
export const cardButton = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** Waits until a card takes clicks, which it ignores for its first half second. */
export async function waitUntilPressable(page: Page, name = 'Create alert'): Promise<void> {
  await page.locator('.pause-card button:not([aria-disabled=true])', { hasText: name }).first().waitFor()
}

/** Asks for the alert, and waits until a card takes clicks. */
export async function askForAlert(page: Page, button?: string): Promise<Locator> {
  const answer = await ask(page, alertQuestion)
  await waitUntilPressable(page, button)
  return answer
}

/** The last event of a turn that waits. */
export function pauseEvent({ mode, flow }: AgentModeFlow, more: Partial<Pause> = {}): TurnEvent {
  const figures = { usage: null, timing: { firstTokenMs: 5, totalMs: 9 }, tools: [], notices: [] }
  const data: Pause = {
    turnId: 't1',
    agent: 'default',
    mode,
    flow,
    model: null,
    answer: '',
    ...figures,
    kind: 'approval',
    continuation: `sealed-${more.kind ?? 'approval'}`,
    expiresAt: new Date(Date.now() + 10 * 60_000).toISOString(),
    calls: [alertCall],
    ...more,
  }
  return { event: 'pause', data }
}

/** Tc with or without the proof of a stronger sign-in, as it arrives with the question and each time that the turn goes on. */
export function tcArrivalStep(id: string, contexts: readonly string[] = []): TraceStep {
  const isProven = contexts.length > 0
  return userTokenStep(id, isProven ? 'cccccccccc02' : 'cccccccccc01', isProven ? { acrs: contexts } : {})
}

export function toolStep(status: TraceStep['status'], more: Partial<TraceStep> = {}): TraceStep {
  const tool = { name: 'create_alert', arguments: alertCall.arguments }
  const ended = status === 'running' ? {} : { durationMs: 4 }
  return step('w1', 'bedrock', 'agent', { kind: 'tool', status, ...ended, tool, ...more })
}

/** The user's decision as a step of the trace. */
export function decisionStep(decision: 'approve' | 'deny'): TraceStep {
  const approval = { decision, digest: 'd1', waitedMs: 23_000 }
  return step('d1', 'user', 'agent', { parentId: 'w1', kind: 'approval', approval })
}

/** A TR for the weather API and the call with this TR. Without `contexts`, TR has no `acrs` and the API refuses the call. */
export function callSteps(id: string, contexts: readonly string[] = []): TraceStep[] {
  const isDone = contexts.length > 0
  const fingerprint = isDone ? 'aaaaaaaaaa02' : 'aaaaaaaaaa01'
  const refused = { status: 'failed', problem: problem('STEP_UP_REQUIRED', { claimsChallenge }) } as const
  return [
    step(`${id}-tr`, 'sidecar', 'agent', {
      parentId: 'w1',
      token: {
        role: 'TR',
        actsAs: 'user',
        observed: true,
        fingerprint,
        claims: {
          aud: identities.weatherAppId,
          azp: identities.agentId,
          oid: identities.ada.oid,
          tid: identities.tenantId,
          idtyp: 'user',
          scp: 'Alerts.ReadWrite',
          ...(isDone ? { acrs: contexts } : {}),
        },
        verifiedBy: [{ actor: 'weather-api', checks: [{ name: 'signature', ok: true }] }],
      },
    }),
    step(`${id}-call`, 'agent', 'weather-api', {
      parentId: 'w1',
      kind: 'api-call',
      durationMs: 3,
      request: {
        method: 'POST',
        url: 'http://weather-api:8080/alerts',
        headers: { authorization: `Bearer ‹TR ${fingerprint}›` },
      },
      response: isDone ? { status: 201, body: { id: 'a1' } } : { status: 401 },
      ...(isDone ? {} : refused),
    }),
  ]
}

/** The events of a turn that waits, for an approval if `more` says nothing else. */
export function eventsUntilPause(request: AgentModeFlow, more: Partial<Pause> = {}): TurnEvent[] {
  return [
    ...stepEvents([tcArrivalStep('s0')]),
    deltaEvent(alertText),
    ...stepEvents([toolStep('running'), toolStep('waiting')]),
    pauseEvent(request, more),
  ]
}

/** The events of an approved turn that goes on to its end, with nothing more demanded of the user. */
export function eventsAfterApproval(request: AgentModeFlow): TurnEvent[] {
  return [
    ...stepEvents([tcArrivalStep('s1'), decisionStep('approve'), toolStep('running')]),
    ...stepEvents([...callSteps('x', ['c1']), toolStep('ok')]),
    deltaEvent('The alert is set.'),
    resultEvent(request, 'The alert is set.'),
  ]
}
