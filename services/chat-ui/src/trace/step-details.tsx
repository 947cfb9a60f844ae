import type { LogIds, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { CopyButton } from '../controls/copy-button.tsx'
import { logQueries } from './log-queries.ts'

/** What a step sent and what came back. */
export function StepDetails({ step }: { readonly step: TraceStep }) {
  const { request, response, problem, status, startedAt, logIds = {} } = step
  return (
    <>
      {status === 'not-observable' && (
        <p>
          The agent cannot see this hop, so it has no time; the sidecar may have answered from its cache. What
          is said of it comes from the protocol, not from observation.
        </p>
      )}
      {problem && (
        <p class="problem">
          <strong>{problem.title}</strong> {problem.detail} {problem.hint} <code>{problem.code}</code>
        </p>
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
      <LogQueries logIds={logIds} />
      {startedAt && (
        <p class="note">
          Started at <time dateTime={startedAt}>{new Date(startedAt).toLocaleTimeString()}</time>
        </p>
      )}
    </>
  )
}

/** Where the hop is found in the logs of others. Its ids are no secrets, and say nothing of the user. */
function LogQueries({ logIds }: { readonly logIds: LogIds }) {
  return logQueries(logIds).map(({ log, text }) => (
    <figure key={log}>
      <figcaption>
        In {log} <CopyButton label={`Copy the query for ${log}`} text={() => text} />
      </figcaption>
      <pre>{text}</pre>
    </figure>
  ))
}

function requestText({ method, url, headers, body }: NonNullable<TraceStep['request']>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${url}`, ...lines, ...(body === undefined ? [] : ['', bodyText(body)])].join('\n')
}

function bodyText(body: unknown): string {
  if (body === undefined) return ''
  return typeof body === 'string' ? body : JSON.stringify(body, undefined, 2)
}
