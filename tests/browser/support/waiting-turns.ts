import type { AskedCall, ChatRequest, Pause, TraceStep, TurnEvent } from '@entra-bedrock-agent/identity-trace'
import type { Page } from 'playwright-core'
import { identities } from '../../support/identities.ts'
import { type AgentModeFlow, config, deltaEvent, resultEvent, turnStart } from './turns.ts'

const { ada } = identities

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

const inTenMinutes = () => new Date(Date.now() + 10 * 60_000).toISOString()

/** The last event of a turn that waits. */
export function pauseEvent({ mode, flow }: AgentModeFlow, more: Partial<Pause> = {}): TurnEvent {
  return {
    event: 'pause',
    data: {
      turnId: 't1',
      agent: 'default',
      mode,
      flow,
      model: null,
      answer: '',
      usage: null,
      timing: { firstTokenMs: 5, totalMs: 9 },
      tools: [],
      notices: [],
      kind: 'approval',
      continuation: `sealed-${more.kind ?? 'approval'}`,
      expiresAt: inTenMinutes(),
      calls: [alertCall],
      ...more,
    } as Pause,
  }
}

/** Tc with or without the proof of a stronger sign-in, as it arrives with the question and each time that the turn goes on. */
export function tcArrivalStep(id: string, contexts: readonly string[] = []): TraceStep {
  return {
    id,
    kind: 'sign-in',
    from: 'user',
    to: 'agent',
    title: 'Tc arrived',
    status: 'ok',
    startedAt: new Date().toISOString(),
    token: {
      role: 'Tc',
      observed: true,
      fingerprint: contexts.length > 0 ? 'cccccccccc02' : 'cccccccccc01',
      claims: {
        aud: identities.blueprintAppId,
        azp: identities.pageAppId,
        oid: ada.oid,
        tid: identities.tenantId,
        scp: 'access_as_user',
        ...(contexts.length > 0 ? { acrs: contexts } : {}),
      },
      verifiedBy: [{ actor: 'agent', checks: [{ name: 'signature', ok: true }] }],
    },
  }
}

export function toolStep(status: TraceStep['status'], more: Partial<TraceStep> = {}): TraceStep {
  return {
    id: 'w1',
    kind: 'tool',
    from: 'bedrock',
    to: 'agent',
    title: 'create_alert(…)',
    status,
    startedAt: new Date().toISOString(),
    ...(status === 'running' ? {} : { durationMs: 4 }),
    tool: { name: 'create_alert', arguments: alertCall.arguments },
    ...more,
  }
}

/** The user's decision as a step of the trace. */
export function decisionStep(decision: 'approve' | 'deny'): TraceStep {
  return {
    id: 'd1',
    parentId: 'w1',
    kind: 'approval',
    from: 'user',
    to: 'agent',
    title: 'The user decided',
    status: 'ok',
    startedAt: new Date().toISOString(),
    approval: { decision, digest: 'd1', waitedMs: 23_000 },
  }
}

/** A TR for the weather API and the call with this TR. Without `contexts`, TR has no `acrs` and the API refuses the call. */
export function callSteps(id: string, contexts: readonly string[] = []): TraceStep[] {
  const isDone = contexts.length > 0
  const fingerprint = isDone ? 'aaaaaaaaaa02' : 'aaaaaaaaaa01'
  const startedAt = new Date().toISOString()
  return [
    {
      id: `${id}-tr`,
      parentId: 'w1',
      kind: 'token',
      from: 'sidecar',
      to: 'agent',
      title: 'TR',
      status: 'ok',
      startedAt,
      token: {
        role: 'TR',
        actsAs: 'user',
        observed: true,
        fingerprint,
        claims: {
          aud: identities.weatherAppId,
          azp: identities.agentId,
          oid: ada.oid,
          tid: identities.tenantId,
          idtyp: 'user',
          scp: 'Alerts.ReadWrite',
          ...(isDone ? { acrs: contexts } : {}),
        },
        verifiedBy: [{ actor: 'weather-api', checks: [{ name: 'signature', ok: true }] }],
      },
    },
    {
      id: `${id}-call`,
      parentId: 'w1',
      kind: 'api-call',
      from: 'agent',
      to: 'weather-api',
      title: 'Call',
      status: isDone ? 'ok' : 'failed',
      startedAt,
      durationMs: 3,
      request: {
        method: 'POST',
        url: 'http://weather-api:8080/alerts',
        headers: { authorization: `Bearer ‹TR ${fingerprint}›` },
      },
      response: isDone ? { status: 201, body: { id: 'a1' } } : { status: 401 },
      ...(isDone
        ? {}
        : {
            problem: {
              type: 'urn:STEP_UP_REQUIRED',
              title: 'The API wants the user to authenticate more strongly before it changes anything.',
              status: 403,
              detail: '',
              code: 'STEP_UP_REQUIRED',
              hint: '',
              requestId: 'r1',
              claimsChallenge,
            },
          }),
    },
  ]
}

/** The events of a turn until it waits for an approval. */
export function eventsUntilApproval(request: ChatRequest): TurnEvent[] {
  return [
    turnStart(request),
    stepEvent(tcArrivalStep('s0')),
    deltaEvent(alertText),
    stepEvent(toolStep('running')),
    stepEvent(toolStep('waiting')),
  ]
}

export function stepEvent(data: TraceStep): TurnEvent {
  return { event: 'step', data }
}

/** The events of an approved turn that goes on to its end, with nothing more demanded of the user. */
export function eventsAfterApproval(request: AgentModeFlow, answer: string): TurnEvent[] {
  return [
    turnStart(request),
    stepEvent(tcArrivalStep('s1')),
    stepEvent(decisionStep('approve')),
    stepEvent(toolStep('running')),
    ...callSteps('x', ['c1']).map(stepEvent),
    stepEvent(toolStep('ok')),
    deltaEvent(answer),
    resultEvent(request, answer),
  ]
}
