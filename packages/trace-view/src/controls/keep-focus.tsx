import { Component, createRef, type RenderableProps } from 'preact'

/** For controls that replace each other: when the focused one disappears, the first new one gets the focus. */
export class KeepFocus extends Component<{ readonly class: string }> {
  readonly #frame = createRef<HTMLDivElement>()

  override getSnapshotBeforeUpdate(): boolean {
    return this.#hasFocus()
  }

  override componentDidUpdate(_props: unknown, _state: unknown, hadFocus: boolean): void {
    if (hadFocus && !this.#hasFocus()) this.#frame.current?.querySelector('button')?.focus()
  }

  #hasFocus(): boolean {
    const frame = this.#frame.current
    // Not `:focus-within`, which is still true when the focused element has just gone.
    const root = frame?.getRootNode() as Document | ShadowRoot | undefined
    return frame?.contains(root?.activeElement ?? null) ?? false
  }

  override render({ children, class: className }: RenderableProps<{ readonly class: string }>) {
    return (
      <div class={className} ref={this.#frame}>
        {children}
      </div>
    )
  }
}
