import type { TraceStep } from '@entra-agents/trace'
import { Button } from '../controls/button.tsx'
import { CopyButton } from '../controls/copy-button.tsx'
import { FailureCode } from '../controls/failure-code.tsx'
import { TokenMark } from '../identity/token-mark.tsx'
import { flowWords } from '../words/flows.ts'
import { toReader } from '../words/reader.ts'
import { formatDuration, formatTime } from '../words/times.ts'
import { spellOutDirections } from '../words/visible-text.ts'
import { asCurl } from './as-curl.ts'
import { EntraLink, LogQueries } from './log-links.tsx'
import { redactorFor, stepsAsJson } from './redactor.ts'
import { wayOf } from './step-words.ts'
import type { Row } from './timeline.ts'
import { useTrace } from './trace-context.ts'

const unseenExplanation =
  'The agent cannot see this hop, so it has no time; the sidecar may have answered from its cache. What is said of it comes from the protocol, not from observation.'
const consentExplanation =
  'The agent cannot see this: Entra ID records a consent and tells nobody. Whether it was given shows in the next token.'

/** The details of a step, such as its problem, token, request and response. */
export function StepDetails({ row: { step, origin } }: { readonly row: Row }) {
  const { facts, names, links, known, view } = useTrace()
  const { kind, request, response, problem, status, startedAt, durationMs, token, tool, logIds = {} } = step
  // Who gets a copy of a step sees less than the user.
  const masked = () => redactorFor(known()).steps([step])
  const hasCommand = asCurl(step) !== undefined
  return (
    <>
      <p class="note">
        {wayOf(step, names)}
        {kind === 'api-call' && `, ${toReader(flowWords[facts.flow].asWhom, names)}`}
        {startedAt && (
          <>
            , <time dateTime={startedAt}>{formatTime(new Date(startedAt))}</time>
          </>
        )}
        {durationMs !== undefined && `, ${formatDuration(durationMs)}`}.
      </p>
      {request && (
        <p class="line">
          {hasCommand && (
            <CopyButton label="Copy as curl" text={() => masked().map(asCurl)[0] ?? ''} worded />
          )}
          <CopyButton label="Copy as JSON" text={() => stepsAsJson(masked())} worded />
        </p>
      )}
      {status === 'not-observable' && <p>{kind === 'consent' ? consentExplanation : unseenExplanation}</p>}
      {problem && (
        <p>
          <strong>{spellOutDirections(problem.title)}</strong>{' '}
          {spellOutDirections(`${problem.detail} ${problem.hint}`)} <FailureCode code={problem.code} />
        </p>
      )}
      {token && (
        <p>
          <Button class="link" onClick={() => view.showToken(token)}>
            What <TokenMark token={token.role} /> says
          </Button>
        </p>
      )}
      {tool?.arguments && (
        <figure>
          <figcaption class="soft t1">Arguments</figcaption>
          <pre>{spellOutDirections(bodyText(tool.arguments))}</pre>
        </figure>
      )}
      {(request || response) && <pre>{messagesText(step)}</pre>}
      <EntraLink links={links} request={origin} />
      <LogQueries logIds={logIds} />
    </>
  )
}

/** Request and response as the protocol writes them. */
function messagesText({ request, response }: TraceStep): string {
  const lines = Object.entries(request?.headers ?? {}).map(([name, value]) => `${name}: ${value}`)
  return spellOutDirections(
    [
      request && [`${request.method} ${request.url}`, ...lines].join('\n'),
      request?.body !== undefined && bodyText(request.body),
      response && [`HTTP ${response.status}`, bodyText(response.body)].filter(Boolean).join('\n'),
    ]
      .filter(Boolean)
      .join('\n\n'),
  )
}

function bodyText(body: unknown): string {
  if (body === undefined) return ''
  return typeof body === 'string' ? body : JSON.stringify(body, undefined, 2)
}
