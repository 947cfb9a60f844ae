import { type LogIds, type TraceStep, type TurnStart, writeLink } from '@entra-agents/trace'
import type { ComponentChildren } from 'preact'
import { CopyButton } from '../controls/copy-button.tsx'
import { Popover } from '../controls/popover.tsx'
import { logQueries } from './log-queries.ts'
import { lastTokenRequest, type TurnFacts } from './turn-facts.ts'

/** Where a turn is found elsewhere, as this page's configuration says; a file that is shown has no say in it. */
export interface LogLinks {
  readonly entraLogUrl: string | undefined
  readonly traceUrl: string | undefined
  readonly turn: TurnStart | undefined
}

interface EntraLinkProps {
  readonly links: LogLinks
  /** The agent's request for a token, whose ids lead to what Entra logged of it. */
  readonly request: TraceStep | undefined
}

export function EntraLink({ links, request }: EntraLinkProps) {
  return <LogLink href={entraLogHref(links, request)}>What Entra saw</LogLink>
}

function entraLogHref({ entraLogUrl, turn }: LogLinks, request: TraceStep | undefined): string | undefined {
  if (request?.kind !== 'token-request') return undefined
  const { logIds, startedAt } = request
  return writeLink(entraLogUrl, { ...logIds, traceId: turn?.traceId, time: startedAt })
}

interface EntraSawProps {
  readonly links: LogLinks
  readonly facts: TurnFacts
}

/** The way to what nobody here saw: a link to what Entra logged, and queries that find it. */
export function EntraSaw({ links, facts }: EntraSawProps) {
  const logIds: LogIds = Object.assign({}, ...facts.steps.map(step => step.logIds ?? {}))
  const request = lastTokenRequest(facts)
  const href = entraLogHref(links, request)
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

interface TraceLinkProps {
  readonly links: LogLinks
  readonly logIds: LogIds
}

export function TraceLink({ links: { traceUrl, turn }, logIds }: TraceLinkProps) {
  const href = writeLink(traceUrl, { ...logIds, traceId: turn?.traceId, time: turn?.startedAt })
  return <LogLink href={href}>Open trace</LogLink>
}

interface LogLinkProps {
  readonly href: string | undefined
  readonly children: ComponentChildren
}

function LogLink({ href, children }: LogLinkProps) {
  if (href === undefined) return null
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  )
}
