import { useSignal } from '@preact/signals'
import { type ComponentChildren, Fragment } from 'preact'

interface PopoverProps {
  readonly id: string
  /** The content of the button. If that is only an icon, the label is the button's accessible name. */
  readonly button: ComponentChildren
  readonly label: string
  readonly class?: string
  readonly panelClass?: string
  /** The kind of content in the panel, unless it is text or a form. */
  readonly opens?: 'menu'
  /** The key that presses the button, as listed in `keys/keys.ts`. */
  readonly shortcut?: string
  readonly children: ComponentChildren
}

/** Closes everything that is open: the outermost panel comes first in the document and takes those within it along. */
export function closePopovers(): void {
  document.querySelector<HTMLElement>('[popover]:popover-open')?.hidePopover()
}

/** A button with a panel that the browser closes on Esc and on a click elsewhere. Each opening renders its content anew. */
export function Popover(props: PopoverProps) {
  const {
    id,
    button,
    label,
    class: className = 'icon-button',
    panelClass = '',
    opens,
    shortcut,
    children,
  } = props
  const timesOpened = useSignal(0)
  const name = className === 'icon-button' ? { 'aria-label': label, title: label } : {}
  return (
    <>
      <button
        type="button"
        class={className}
        popovertarget={id}
        aria-haspopup={opens}
        aria-keyshortcuts={shortcut}
        {...name}
      >
        {button}
      </button>
      <section
        id={id}
        class={`popover card ${panelClass}`}
        popover="auto"
        aria-label={label}
        onToggle={({ newState }) => {
          if (newState === 'open') timesOpened.value += 1
        }}
      >
        {timesOpened.value > 0 && <Fragment key={timesOpened.value}>{children}</Fragment>}
      </section>
    </>
  )
}
