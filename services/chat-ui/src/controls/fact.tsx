import type { ComponentChildren } from 'preact'

interface FactProps {
  readonly name: ComponentChildren
  readonly children: ComponentChildren
}

/** A row of a list of facts (`dl`): a name, and what it is. */
export function Fact({ name, children }: FactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
