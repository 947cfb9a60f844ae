import { useSignal } from '@preact/signals'
import { type ComponentChildren, Fragment } from 'preact'

interface PopoverProps {
  readonly id: string
  /** What the button shows. Where that is a picture only, the label is its name. */
  readonly button: ComponentChildren
  readonly label: string
  /** CSS class of the button. */
  readonly class?: string
  readonly panelClass?: string
  /** What is in the panel, if that is no text or form. */
  readonly opens?: 'menu'
  readonly children: ComponentChildren
}

/** A button with a panel that the browser closes on Esc and on a click elsewhere. What is in it is made anew each time. */
export function Popover(props: PopoverProps) {
  const { id, button, label, class: className = 'icon-button', panelClass = '', opens, children } = props
  const timesOpened = useSignal(0)
  const name = className === 'icon-button' ? { 'aria-label': label, title: label } : {}
  return (
    <>
      <button type="button" class={className} popovertarget={id} aria-haspopup={opens} {...name}>
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
