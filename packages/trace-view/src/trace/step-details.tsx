import type { TokenCard, TraceStep } from '@entra-agents/trace'
import { FailureCode } from '../controls/failure-code.tsx'
import { TokenMark } from '../identity/token-mark.tsx'
import { spellOutDirections } from '../words/visible-text.ts'
import { EntraLink, type LogLinks, LogQueries } from './log-links.tsx'

interface StepDetailsProps {
  readonly step: TraceStep
  /** The step with the ids of this hop: the step itself or, if nobody saw it, the request that led to it. */
  readonly origin: TraceStep | undefined
  readonly links: LogLinks
  /** Opens the card of a token. */
  readonly onToken: (card: TokenCard) => void
}

const unseenExplanation =
  'The agent cannot see this hop, so it has no time; the sidecar may have answered from its cache. What is said of it comes from the protocol, not from observation.'
const consentExplanation =
  'The agent cannot see this: Entra ID records a consent and tells nobody. Whether it was given shows in the next token.'

/** The details of a step, such as its problem, token, request and response. */
export function StepDetails({ step, origin, links, onToken }: StepDetailsProps) {
  const { kind, request, response, problem, status, startedAt, token, tool, logIds = {} } = step
  return (
    <>
      {status === 'not-observable' && <p>{kind === 'consent' ? consentExplanation : unseenExplanation}</p>}
      {problem && (
        <p>
          <strong>{problem.title}</strong> {problem.detail} {problem.hint} <FailureCode code={problem.code} />
        </p>
      )}
      {token && (
        <p>
          <button type="button" class="link" onClick={() => onToken(token)}>
            What <TokenMark token={token.role} /> says
          </button>
        </p>
      )}
      {tool?.arguments && (
        <figure>
          <figcaption>Arguments</figcaption>
          <pre>{bodyText(tool.arguments)}</pre>
        </figure>
      )}
      {request && (
        <figure>
          <figcaption>Request{status === 'not-observable' && ', as the protocol has it'}</figcaption>
          <pre>{requestText(request)}</pre>
        </figure>
      )}
      {response && (
        <figure>
          <figcaption>Response</figcaption>
          <pre>{[`HTTP ${response.status}`, bodyText(response.body)].filter(Boolean).join('\n\n')}</pre>
        </figure>
      )}
      <EntraLink links={links} request={origin} />
      <LogQueries logIds={logIds} />
      {startedAt && (
        <p class="note">
          Started at <time dateTime={startedAt}>{new Date(startedAt).toLocaleTimeString()}</time>
        </p>
      )}
    </>
  )
}

function requestText({ method, url, headers, body }: NonNullable<TraceStep['request']>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${url}`, ...lines, ...(body === undefined ? [] : ['', bodyText(body)])].join('\n')
}

function bodyText(body: unknown): string {
  if (body === undefined) return ''
  return spellOutDirections(typeof body === 'string' ? body : JSON.stringify(body, undefined, 2))
}
