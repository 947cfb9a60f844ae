import type { Flow, TokenCard, TraceStep } from '@entra-agents/trace'
import { tellValues } from '../words/call-facts.ts'
import { flowWords } from '../words/flows.ts'
import { type Names, shortenIds } from '../words/names.ts'
import { wantedContexts } from '../words/step-up.ts'
import { count } from '../words/times.ts'
import { spellOutDirections } from '../words/visible-text.ts'
import { tellContexts } from './acrs.ts'
import { failedChecks, lastChecks } from './turn-facts.ts'

/** Describes what a step did, and where, by the step's kind and members; the title of the step is never parsed. */
export function tellStep(step: TraceStep, flow: Flow, names: Names) {
  const way = `${names.actor(step.from)} → ${names.actor(step.to)}`
  const where = [way, ...details[step.kind](step)].filter(part => part !== undefined)
  const title = titles[step.kind](step, flow, names)
  return { title: spellOutDirections(title), where: spellOutDirections(where.join(' · ')) }
}

const titles: Readonly<Record<TraceStep['kind'], (step: TraceStep, flow: Flow, names: Names) => string>> = {
  'sign-in': () => 'Check Tc',
  'token-request': titleOfRequest,
  token: () => 'Receive TR',
  model: titleOfModelCall,
  tool: ({ tool, title }) => `Tool: ${tool ? tellTool(tool) : title}`,
  'api-call': ({ to }, _flow, names) => `Call ${names.actor(to)}`,
  validation: () => 'Check TR',
  approval: ({ approval }) => (approval?.decision === 'deny' ? 'Decline the call' : 'Approve the call'),
  consent: () => 'Consent',
}

const details: Readonly<Record<TraceStep['kind'], (step: TraceStep) => readonly (string | undefined)[]>> = {
  'sign-in': ({ token }) => tellReceivedToken(token),
  'token-request': ({ request, status }) => [
    request && (status === 'not-observable' ? grantOf(request.body) : methodAndPath(request)),
  ],
  token: ({ token }) => tellReceivedToken(token),
  model: step => [
    countToolCalls(step) > 0 ? count(countToolCalls(step), 'tool call') : undefined,
    step.title,
  ],
  tool: ({ status, approval }) =>
    approval ? ['not called'] : status === 'waiting' ? ['needs your decision'] : [],
  'api-call': ({ request, response, problem }) => [
    request && methodAndPath(request),
    response && `${response.status}`,
    ...wantedContexts(problem?.claimsChallenge).map(context => `wants acrs ${context}`),
  ],
  validation: ({ token }) => (token ? [tellChecksBy(token, 'api')] : []),
  approval: () => ['exactly as shown'],
  consent: () => ['as this page says'],
}

function titleOfRequest({ status, token }: TraceStep, flow: Flow): string {
  if (status !== 'not-observable') return 'Request token'
  if (token) return `Get ${token.role}`
  const [credential, exchanged] = flowWords[flow].terms
  return exchanged ? `Exchange ${exchanged} for TR, with ${credential}` : `Get TR with ${credential}`
}

function titleOfModelCall(step: TraceStep): string {
  if (step.status === 'running' || step.status === 'failed') return 'Ask the model'
  return countToolCalls(step) > 0 ? 'Model chooses tools' : 'Model writes the answer'
}

/** How many calls of tools a model asked for. */
export function countToolCalls({ response }: TraceStep): number {
  const toolCalls: unknown = Object(response?.body).toolCalls
  return Array.isArray(toolCalls) ? toolCalls.length : 0
}

/** The tool and its arguments, such as "get_orders Oslo". */
export function tellTool({ name, arguments: values = {} }: NonNullable<TraceStep['tool']>): string {
  return spellOutDirections([name, tellValues(values)].filter(Boolean).join(' '))
}

/** The agent's check of a token that it received. */
function tellReceivedToken(token: TokenCard | undefined): string[] {
  return token ? [...tellContexts(token), tellChecksBy(token, 'agent')] : []
}

function tellChecksBy(token: TokenCard, checkedBy: 'agent' | 'api'): string {
  const last = lastChecks(token, checkedBy)
  if (!last) return 'no checks told'
  const failed = failedChecks({ verifiedBy: [last] }).map(({ check }) => check)
  const by = checkedBy === 'agent' ? ' by the agent' : ''
  return failed.length > 0
    ? `rejected${by}: ${failed.join(', ')}`
    : `passed ${count(last.passed, 'check')}${by}`
}

function methodAndPath({ method, url }: NonNullable<TraceStep['request']>): string {
  const address = URL.parse(url)
  return `${method} ${shortenIds(address ? address.pathname + (method === 'GET' ? visibleQuery(address) : '') : url)}`
}

/** The query, decoded. The query of a request to the sidecar (`AgentIdentity=…`) is left out. */
function visibleQuery({ search }: URL): string {
  return search.includes('AgentIdentity') ? '' : decodeURIComponent(search)
}

/** The grant of a token request, in the terms of OAuth 2.0. */
function grantOf(body: unknown): string {
  const {
    grant_type: grant = '',
    requested_token_use: use,
    client_assertion: assertion,
    ...more
  } = Object(body)
  const extra = use
    ? `requested_token_use=${use}`
    : more.fmi_path
      ? 'fmi_path'
      : assertion && `${assertion} as assertion`
  return [String(grant).split(':').at(-1), extra].filter(Boolean).join(', ')
}
