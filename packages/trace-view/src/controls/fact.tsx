import type { ComponentChildren } from 'preact'

interface FactProps {
  readonly name: ComponentChildren
  readonly children: ComponentChildren
}

/** A row of a description list (`dl`): a name and its value. */
export function Fact({ name, children }: FactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="ink">{children}</dd>
    </div>
  )
}
