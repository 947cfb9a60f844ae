import { type LogIds, type TraceStep, type TurnStart, writeLink } from '@entra-agents/trace'
import type { ComponentChildren } from 'preact'

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

export function EntraLink({ links: { entraLogUrl, turn }, request }: EntraLinkProps) {
  if (request?.kind !== 'token-request') return null
  const { logIds, startedAt } = request
  const href = writeLink(entraLogUrl, { ...logIds, traceId: turn?.traceId, time: startedAt })
  return <LogLink href={href}>What Entra saw</LogLink>
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
