import { type LogIds, type TraceStep, writeLink } from '@entra-agents/trace'
import type { RenderableProps } from 'preact'
import { CopyButton } from '../controls/copy-button.tsx'
import { Popover } from '../controls/popover.tsx'
import { logQueries } from './log-queries.ts'
import { type LogLinks, useTrace } from './trace-context.ts'
import { lastTokenRequest, logIdsOf } from './turn-facts.ts'

interface EntraLinkProps {
  readonly links: LogLinks
  /** The agent's request for a token, whose ids lead to what Entra logged of it. */
  readonly request: TraceStep | undefined
}

export function EntraLink(props: EntraLinkProps) {
  return <LogLink href={entraLogHref(props)}>What Entra saw</LogLink>
}

function entraLogHref({ links: { entraLogUrl, turn }, request }: EntraLinkProps): string | undefined {
  if (request?.kind !== 'token-request') return undefined
  const { logIds, startedAt } = request
  return writeLink(entraLogUrl, { ...logIds, traceId: turn?.traceId, time: startedAt })
}

/** The way to what nobody here saw: a link to what Entra logged, and queries that find it. */
export function EntraSaw() {
  const { links, facts } = useTrace()
  const logIds = logIdsOf(facts)
  const href = entraLogHref({ links, request: lastTokenRequest(facts) })
  if (href === undefined && logQueries(logIds).length === 0) return null
  return (
    <Popover id="entra-saw" class="link" label="What Entra saw" button="What Entra saw">
      <h2 class="t3">What Entra saw</h2>
      <LogLink href={href}>Open Entra’s log</LogLink>
      <LogQueries logIds={logIds} />
    </Popover>
  )
}

/** Queries that find a hop in the logs of Entra and AWS. The ids in them are no secrets and do not identify the user. */
export function LogQueries({ logIds }: { readonly logIds: LogIds }) {
  return logQueries(logIds).map(({ log, text }) => (
    <figure key={log}>
      <figcaption class="soft t1">
        In {log} <CopyButton label={`Copy the query for ${log}`} text={() => text} />
      </figcaption>
      <pre>{text}</pre>
    </figure>
  ))
}

export function TraceLink() {
  const { links, facts } = useTrace()
  const { traceUrl, turn } = links
  const href = writeLink(traceUrl, { ...logIdsOf(facts), traceId: turn?.traceId, time: turn?.startedAt })
  return <LogLink href={href}>Open trace</LogLink>
}

function LogLink({ href, children }: RenderableProps<{ readonly href: string | undefined }>) {
  if (href === undefined) return null
  return (
    <a class="start" href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  )
}
