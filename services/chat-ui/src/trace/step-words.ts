import type { Flow, TokenCard, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { tellValues } from '../words/call-facts.ts'
import { flowWords } from '../words/flows.ts'
import { type Names, shortenIds } from '../words/names.ts'
import { wantedContexts } from '../words/step-up.ts'
import { count } from '../words/times.ts'
import { tellContexts } from './acrs.ts'
import { failedChecks, lastChecks } from './turn-facts.ts'

/** A step in words: what was done, and where. */
export interface StepWords {
  readonly title: string
  readonly where: string
}

/** Short words for a step, from its kind and fields; what the agent calls it is for people and never parsed. */
export function tellStep(step: TraceStep, flow: Flow, names: Names): StepWords {
  const way = `${names.actor(step.from)} → ${names.actor(step.to)}`
  return { title: titleOf(step, flow, names), where: [way, ...detailsOf(step)].join(' · ') }
}

function titleOf(step: TraceStep, flow: Flow, names: Names): string {
  switch (step.kind) {
    case 'sign-in':
      return 'Check Tc'
    case 'token-request':
      if (step.status !== 'not-observable') return 'Request token'
      if (step.token) return `Get ${step.token.role}`
      return titleOfExchange(flowWords[flow])
    case 'token':
      return 'Receive TR'
    case 'model':
      return titleOfModelCall(step)
    case 'tool':
      return step.tool ? `Tool: ${tellTool(step.tool)}` : `Tool: ${step.title}`
    case 'api-call':
      return `Call ${names.actor(step.to)}`
    case 'validation':
      return 'Check TR'
    case 'approval':
      return step.approval?.decision === 'deny' ? 'Decline the call' : 'Approve the call'
    case 'consent':
      return 'Consent'
  }
}

function titleOfExchange({ terms: [credential, exchanged] }: (typeof flowWords)[Flow]): string {
  return exchanged ? `Exchange ${exchanged} for TR, with ${credential}` : `Get TR with ${credential}`
}

function titleOfModelCall({ status, response }: TraceStep): string {
  if (status === 'running' || status === 'failed') return 'Ask the model'
  return toolCallsOf(response?.body).length > 0 ? 'Model chooses tools' : 'Model writes the answer'
}

function toolCallsOf(body: unknown): readonly unknown[] {
  const isObject = typeof body === 'object' && body !== null
  return isObject && 'toolCalls' in body && Array.isArray(body.toolCalls) ? body.toolCalls : []
}

/** "get_orders Oslo": the tool and what it was asked about. */
export function tellTool({ name, arguments: values = {} }: NonNullable<TraceStep['tool']>): string {
  return [name, tellValues(values)].filter(Boolean).join(' ')
}

function detailsOf(step: TraceStep): string[] {
  const { kind, request, response, token, title } = step
  switch (kind) {
    case 'model':
      return [...tellToolCalls(response?.body), title]
    case 'sign-in':
    case 'token':
      return token ? [...tellContexts(token), tellChecks(token, 'agent')] : []
    case 'validation':
      return token ? [tellChecks(token, 'api')] : []
    case 'token-request':
      if (!request) return []
      return [step.status === 'not-observable' ? grantOf(request.body) : pathOf(request)]
    case 'api-call':
      return [
        request && pathOf(request),
        response && `${response.status}`,
        ...wantedContexts(step.problem?.claimsChallenge).map(context => `wants acrs ${context}`),
      ].filter(part => part !== undefined)
    case 'tool':
      return step.status === 'waiting' ? ['needs your decision'] : []
    case 'approval':
      return ['exactly as shown']
    case 'consent':
      return ['as this page says']
  }
}

function tellToolCalls(body: unknown): string[] {
  const { length } = toolCallsOf(body)
  return length > 0 ? [count(length, 'tool call')] : []
}

function tellChecks(token: TokenCard, checkedBy: 'agent' | 'api'): string {
  const last = lastChecks(token, checkedBy)
  if (!last) return 'no checks told'
  const failed = failedChecks({ ...token, verifiedBy: [last] }).map(({ check }) => check)
  const by = last.actor === 'agent' ? ' by the agent' : ''
  return failed.length > 0
    ? `rejected${by}: ${failed.join(', ')}`
    : `passed ${count(last.passed, 'check')}${by}`
}

function pathOf({ method, url }: NonNullable<TraceStep['request']>): string {
  const address = URL.parse(url)
  return `${method} ${shortenIds(address ? address.pathname + (method === 'GET' ? ownQuery(address) : '') : url)}`
}

/** The query without the agent's own parameters for its sidecar. */
function ownQuery({ search }: URL): string {
  return search.includes('AgentIdentity') ? '' : decodeURIComponent(search)
}

/** How a token was asked for, in the terms of OAuth 2.0. */
function grantOf(body: unknown): string {
  const field = (name: string) =>
    typeof body === 'object' && body !== null && name in body ? String(Reflect.get(body, name)) : ''
  const grant = field('grant_type').split(':').at(-1) ?? ''
  const extra = field('requested_token_use')
    ? `requested_token_use=${field('requested_token_use')}`
    : field('fmi_path')
      ? 'fmi_path'
      : field('client_assertion') && `${field('client_assertion')} as assertion`
  return [grant, extra].filter(Boolean).join(', ')
}
