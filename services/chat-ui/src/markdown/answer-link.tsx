import type { ComponentChildren } from 'preact'
import type { Link } from './nodes.ts'

interface AnswerLinkProps {
  readonly link: Link
  readonly children: ComponentChildren
}

/** Leads elsewhere by https only, and shows where; anything else stays what was written. */
export function AnswerLink({ link, children }: AnswerLinkProps) {
  const isSafe = URL.parse(link.href)?.protocol === 'https:'
  if (!isSafe) return <>{link.raw}</>
  return (
    <a href={link.href} title={link.href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  )
}
