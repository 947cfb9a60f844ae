import type { ComponentChildren, RenderableProps } from 'preact'

/** A row of a description list (`dl`): a name and its value. */
export function Fact({ name, children }: RenderableProps<{ readonly name: ComponentChildren }>) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="ink">{children}</dd>
    </div>
  )
}
