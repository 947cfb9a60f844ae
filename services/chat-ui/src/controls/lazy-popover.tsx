import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useLoaded } from '../browser/loaded.ts'
import { Icon, type IconName } from './icon.tsx'

interface LazyPopoverProps<Props> {
  readonly id: string
  readonly icon: IconName
  readonly label: string
  /** Shows the label beside the icon. */
  readonly worded?: boolean
  /** Loads what is in the panel, when it is first opened. It is made anew each time. */
  readonly load: () => Promise<ComponentType<Props>>
  readonly props: Props
  readonly class?: string
}

/** A button with a panel whose code comes when it is opened. */
export function LazyPopover<Props extends object>(given: LazyPopoverProps<Props>) {
  const { id, icon, label, worded = false, load, props, class: className = '' } = given
  const opened = useSignal(0)
  const Panel = useLoaded(load, opened.value > 0)
  return (
    <>
      <button
        type="button"
        class={worded ? 'button quiet' : 'icon-button'}
        aria-label={label}
        title={label}
        popovertarget={id}
      >
        <Icon name={icon} />
        {worded && label}
      </button>
      <section
        id={id}
        class={`popover ${className}`}
        popover="auto"
        aria-label={label}
        onToggle={event => {
          if (event.newState === 'open') opened.value += 1
        }}
      >
        {Panel ? <Panel key={opened.value} {...props} /> : <p class="note">Loading…</p>}
      </section>
    </>
  )
}
