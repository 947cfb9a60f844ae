import type { Flow, TokenCard, TraceStep } from '@entra-agents/trace'
import { tellArguments } from '../words/call-facts.ts'
import { flowWords } from '../words/flows.ts'
import { type Names, shortenIds } from '../words/names.ts'
import { toReader } from '../words/reader.ts'
import { wantedContexts } from '../words/step-up.ts'
import { count } from '../words/times.ts'
import { spellOutDirections } from '../words/visible-text.ts'
import { tellContexts } from './read-token.ts'
import { failedChecks, lastChecks } from './turn-facts.ts'

/** Describes what a step did, and where, by the step's kind and members; the title of the step is never parsed. */
export function tellStep(step: TraceStep, flow: Flow, names: Names) {
  const title = toReader(titles[step.kind](step, flow, names), names)
  const where = details[step.kind](step, names).filter(part => part !== undefined)
  return { title: spellOutDirections(title), where: spellOutDirections(where.join(' · ')) }
}

/** Describes hops that nobody saw, as one. */
export function tellUnseen(steps: readonly TraceStep[], flow: Flow, names: Names) {
  const titles = steps.map(step => tellStep(step, flow, names).title)
  const [first = '', ...more] = titles
  const title = [first, ...more.map(other => other.slice(0, 1).toLowerCase() + other.slice(1))].join(', ')
  return { title, where: `${count(steps.length, 'step')}, ${steps[0] ? wayOf(steps[0], names) : ''}` }
}

/** Describes the sign-in by which a user showed what an API had wanted. */
export function tellConfirmation({ token }: TraceStep, names: Names) {
  const where = ['second factor, at Entra ID', ...(token ? tellContexts(token) : [])]
  return { title: toReader('You confirmed', names), where: where.join(' · ') }
}

const titles: Readonly<Record<TraceStep['kind'], (step: TraceStep, flow: Flow, names: Names) => string>> = {
  'sign-in': () => 'Check Tc',
  'token-request': titleOfRequest,
  token: () => 'Receive TR',
  model: titleOfModelCall,
  tool: ({ tool, title }) => `Tool: ${tool ? tellTool(tool) : title}`,
  'api-call': ({ to }, _flow, names) => `Call ${names.actor(to)}`,
  validation: () => 'Check TR',
  approval: ({ approval }) => (approval?.decision === 'deny' ? 'You declined' : 'You approved'),
  consent: () => 'You consented',
}

type Details = (step: TraceStep, names: Names) => readonly (string | undefined)[]

const details: Readonly<Record<TraceStep['kind'], Details>> = {
  'sign-in': tellReceivedToken,
  'token-request': (step, names) => [
    wayOf(step, names),
    step.problem?.failedCheck && `rejected: ${step.problem.failedCheck}`,
    step.unused ? 'asked ahead, not used' : step.ahead && 'asked ahead of the call',
    step.status === 'not-observable' && step.request ? grantOf(step.request.body) : undefined,
  ],
  token: tellReceivedToken,
  model: (step, names) => [
    wayOf(step, names),
    countToolCalls(step) > 0 ? count(countToolCalls(step), 'tool call') : undefined,
    step.title,
  ],
  tool: ({ status, approval }) => (approval ? ['not called'] : status === 'waiting' ? ['your decision'] : []),
  'api-call': ({ request, response, problem }) => [
    request && methodAndPath(request),
    [response?.status, ...wantedContexts(problem?.claimsChallenge).map(context => `wants acrs ${context}`)]
      .filter(part => part !== undefined)
      .join(', ') || undefined,
  ],
  validation: ({ token, from }, names) => [names.actor(from), token && tellChecksBy(token, 'api')],
  approval: () => ['exactly as shown'],
  consent: () => ['as this page says'],
}

/** "you to Weather agent": from where a step went, and to where. */
export function wayOf({ from, to }: TraceStep, names: Names): string {
  const [one, other] = [from, to].map(actor => {
    const name = names.actor(actor)
    return actor === 'user' || actor === 'sidecar' ? name.toLowerCase() : name
  })
  return `${one} to ${other}`
}

function titleOfRequest({ status, token }: TraceStep, flow: Flow): string {
  if (status !== 'not-observable') return 'Request token'
  if (token) return `Get ${token.role}`
  const [credential, exchanged] = flowWords[flow].terms
  return exchanged ? `Exchange ${exchanged} for TR` : `Get TR with ${credential}`
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
export function tellTool({ name, arguments: values }: NonNullable<TraceStep['tool']>): string {
  return spellOutDirections([name, tellArguments(values)].filter(Boolean).join(' '))
}

/** The agent's check of a token that it received. */
function tellReceivedToken(step: TraceStep, names: Names): string[] {
  const { token } = step
  return [wayOf(step, names), ...(token ? [...tellContexts(token), tellChecksBy(token, 'agent')] : [])]
}

function tellChecksBy(token: TokenCard, checkedBy: 'agent' | 'api'): string {
  const last = lastChecks(token, checkedBy)
  if (!last) return 'no checks told'
  const failed = failedChecks({ verifiedBy: [last] }).map(({ check }) => check)
  return failed.length > 0 ? `rejected: ${failed.join(', ')}` : count(last.checks.length, 'check')
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
