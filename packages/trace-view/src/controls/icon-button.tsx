import { Button } from './button.tsx'
import type { IconName } from './icon.tsx'

interface IconButtonProps {
  readonly icon: IconName
  readonly label: string
  readonly onClick: () => void
}

/** A button that shows only an icon; the label is its accessible name and its tooltip. */
export function IconButton({ label, ...rest }: IconButtonProps) {
  return <Button class="icon-button" aria-label={label} title={label} {...rest} />
}
