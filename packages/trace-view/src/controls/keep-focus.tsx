import { Component, type ComponentChildren, createRef } from 'preact'

interface KeepFocusProps {
  readonly class: string
  readonly children: ComponentChildren
}

/** For controls that replace each other: when the focused one disappears, the first new one gets the focus. */
export class KeepFocus extends Component<KeepFocusProps> {
  readonly #frame = createRef<HTMLDivElement>()

  override getSnapshotBeforeUpdate(): boolean {
    return this.#hasFocus()
  }

  override componentDidUpdate(_props: unknown, _state: unknown, hadFocus: boolean): void {
    if (hadFocus && !this.#hasFocus()) this.#frame.current?.querySelector('button')?.focus()
  }

  #hasFocus(): boolean {
    return this.#frame.current?.matches(':focus-within') ?? false
  }

  override render({ children, class: className }: KeepFocusProps) {
    return (
      <div class={className} ref={this.#frame}>
        {children}
      </div>
    )
  }
}
