import type { ComponentProps } from 'preact'
import { Icon, type IconName } from './icon.tsx'

interface ButtonProps extends Omit<ComponentProps<'button'>, 'icon' | 'type'> {
  readonly icon?: IconName | undefined
}

/** A button with words, if need be after an icon. */
export function Button({ class: className = 'button', icon, children, ...rest }: ButtonProps) {
  return (
    <button type="button" class={className} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  )
}
