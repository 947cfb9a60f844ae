import type { TraceStep } from '@entra-bedrock-agent/identity-trace'
import type { Redact } from './redactor.ts'

/** What a step sent and what came back. */
export function StepDetails({ step, redact }: { readonly step: TraceStep; readonly redact: Redact }) {
  const { request, response, problem, status, startedAt } = step
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
          <strong>{problem.title}</strong> {redact(problem.detail)} {problem.hint} <code>{problem.code}</code>
        </p>
      )}
      {request && (
        <figure>
          <figcaption>Request{status === 'not-observable' && ', as the protocol has it'}</figcaption>
          <pre>{redact(requestText(request))}</pre>
        </figure>
      )}
      {response && (
        <figure>
          <figcaption>Response</figcaption>
          <pre>
            {redact([`HTTP ${response.status}`, bodyText(response.body)].filter(Boolean).join('\n\n'))}
          </pre>
        </figure>
      )}
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
  return typeof body === 'string' ? body : JSON.stringify(body, undefined, 2)
}
