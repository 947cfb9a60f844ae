import { useSignal } from '@preact/signals'
import { type ComponentChildren, Fragment } from 'preact'
import { Button } from './button.tsx'
import type { IconName } from './icon.tsx'

interface PopoverProps {
  readonly id: string
  readonly icon?: IconName
  /** The words of the button, after its icon. Without words, the label is its accessible name. */
  readonly button?: ComponentChildren
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
  const { id, icon, button, label, class: className = 'icon-button', panelClass = '', children } = props
  const timesOpened = useSignal(0)
  const name = className === 'icon-button' ? { 'aria-label': label, title: label } : {}
  return (
    <>
      <Button
        class={className}
        icon={icon}
        popovertarget={id}
        aria-haspopup={props.opens}
        aria-keyshortcuts={props.shortcut}
        {...name}
      >
        {button}
      </Button>
      <section
        id={id}
        class={`popover card stack t2 ${panelClass}`}
        popover="auto"
        aria-label={label}
        // Not the later `toggle`, which would replace what a quick second press has already used.
        onBeforeToggle={({ newState }) => {
          if (newState === 'open') timesOpened.value += 1
        }}
      >
        {timesOpened.value > 0 && <Fragment key={timesOpened.value}>{children}</Fragment>}
      </section>
    </>
  )
}
