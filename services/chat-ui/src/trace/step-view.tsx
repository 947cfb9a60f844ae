import type { TraceStep } from '@entra-bedrock-agent/identity-trace'
import { shortenIds } from './names.ts'
import type { StepNode } from './step-tree.ts'
import { formatDuration } from './times.ts'
import { TokenCardView, TokenReference } from './token-card.tsx'
import type { TraceContext } from './trace-context.ts'

interface StepListProps {
  readonly nodes: readonly StepNode[]
  readonly context: TraceContext
}

export function StepList({ nodes, context }: StepListProps) {
  return (
    <ol class="steps">
      {nodes.map(({ step, tokenSeen, children }) => (
        <li key={step.id} class="step" data-status={step.status}>
          <StepView step={step} tokenSeen={tokenSeen} context={context} />
          {children.length > 0 && <StepList nodes={children} context={context} />}
        </li>
      ))}
    </ol>
  )
}

interface StepViewProps {
  readonly step: TraceStep
  readonly tokenSeen: boolean
  readonly context: TraceContext
}

function StepView({ step, tokenSeen, context }: StepViewProps) {
  return (
    <>
      <details class="step-details">
        <summary>
          <span class="step-title">{shortenIds(step.title)}</span>
          <span class="step-line">
            <span class="route">
              {context.names.actor(step.from)} <span aria-hidden="true">→</span>
              <span class="visually-hidden">to</span> {context.names.actor(step.to)}
            </span>
            <span class="step-status" data-status={step.status}>
              {statusWords(step, context)}
            </span>
          </span>
        </summary>
        <StepFacts step={step} />
      </details>
      {step.token && !tokenSeen && <TokenCardView card={step.token} context={context} />}
      {step.token && tokenSeen && <TokenReference card={step.token} context={context} />}
    </>
  )
}

function statusWords({ status, durationMs }: TraceStep, { running }: TraceContext): string {
  const duration = durationMs === undefined ? '' : ` · ${formatDuration(durationMs)}`
  switch (status) {
    case 'ok':
      return `ok${duration}`
    case 'failed':
      return `failed${duration}`
    case 'running':
      return running ? 'running…' : 'not finished'
    case 'not-observable':
      return 'not observable'
  }
}

function StepFacts({ step }: { readonly step: TraceStep }) {
  const { request, response, problem, status, startedAt } = step
  return (
    <div class="step-facts">
      {status === 'not-observable' && (
        <p>
          The agent cannot see this hop, so it has no time; the sidecar may have answered from its cache. What
          is said of it comes from the protocol, not from observation.
        </p>
      )}
      {startedAt && (
        <p>
          Started at <time dateTime={startedAt}>{new Date(startedAt).toLocaleTimeString()}</time>
        </p>
      )}
      {request && (
        <>
          <h3>Request</h3>
          <pre>{requestText(request)}</pre>
        </>
      )}
      {response && (
        <>
          <h3>Response</h3>
          <pre>{[`HTTP ${response.status}`, bodyText(response.body)].filter(Boolean).join('\n\n')}</pre>
        </>
      )}
      {problem && (
        <p class="problem">
          <strong>{problem.title}</strong> {problem.detail} {problem.hint} <code>{problem.code}</code>
        </p>
      )}
    </div>
  )
}

function requestText({ method, url, headers, body }: NonNullable<TraceStep['request']>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${url}`, ...lines, ...(body === undefined ? [] : ['', bodyText(body)])].join('\n')
}

function bodyText(body: unknown): string {
  if (body === undefined) return ''
  return typeof body === 'string' ? body : JSON.stringify(body, undefined, 2)
}
