import type { VNode } from 'preact'
import { hostToTell, linkText } from './link-text.ts'
import type { Inline, Link } from './nodes.ts'

interface AnswerLinkProps {
  readonly link: Link
  readonly draw: (inlines: readonly Inline[]) => VNode
}

/** Leads elsewhere by https only, and says where if its text might mislead; anything else stays what was written. */
export function AnswerLink({ link, draw }: AnswerLinkProps) {
  const target = URL.parse(link.href)
  if (target?.protocol !== 'https:') return <>{link.raw}</>
  const host = hostToTell(link.children, target)
  return (
    <a href={target.href} title={target.href} target="_blank" rel="noopener noreferrer">
      <bdi>{draw(linkText(link.children))}</bdi>
      {host !== undefined && <bdi class="link-host"> ({host})</bdi>}
    </a>
  )
}
