import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useLoaded } from '../browser/loaded.ts'
import { Icon, type IconName } from './icon.tsx'
import { Popover } from './popover.tsx'

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
  const { id, icon, label, worded = false, load, props, class: panelClass } = given
  const opened = useSignal(0)
  const Panel = useLoaded(load, opened.value > 0)
  return (
    <Popover
      id={id}
      class={worded ? 'button quiet' : undefined}
      label={label}
      button={
        <>
          <Icon name={icon} />
          {worded && label}
        </>
      }
      panelClass={panelClass}
      onToggle={isOpen => {
        if (isOpen) opened.value += 1
      }}
    >
      {Panel ? <Panel key={opened.value} {...props} /> : <p class="note">Loading…</p>}
    </Popover>
  )
}
