import type { VNode } from 'preact'
import { hostToTell, linkText } from './link-text.ts'
import type { Element, Node } from './nodes.ts'

interface AnswerLinkProps {
  readonly link: Element
  readonly draw: (nodes: readonly Node[]) => VNode
}

/** Leads elsewhere by https only, and says where if its text might mislead. */
export function AnswerLink({ link, draw }: AnswerLinkProps) {
  const target = URL.parse(link.href ?? '')
  if (target?.protocol !== 'https:') return draw(link.children)
  const host = hostToTell(link.children, target)
  return (
    <a href={target.href} title={target.href} target="_blank" rel="noopener noreferrer">
      <bdi>{draw(linkText(link.children))}</bdi>
      {host !== undefined && <bdi class="link-host"> ({host})</bdi>}
    </a>
  )
}
