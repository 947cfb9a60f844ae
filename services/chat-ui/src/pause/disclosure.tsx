import { Icon } from '@entra-agents/trace-view/controls/icon'
import type { ComponentChildren } from 'preact'

interface DisclosureProps {
  readonly title: string
  readonly isOpen?: boolean
  readonly children: ComponentChildren
}

/** What only some readers want to see. */
export function Disclosure({ title, isOpen = false, children }: DisclosureProps) {
  return (
    <details open={isOpen}>
      <summary class="note row">
        <Icon name="chevron" />
        {title}
      </summary>
      {children}
    </details>
  )
}
