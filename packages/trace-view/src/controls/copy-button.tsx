import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { set } from '../browser/set.ts'
import { Button } from './button.tsx'
import { IconButton } from './icon-button.tsx'

interface CopyButtonProps {
  readonly label: string
  readonly text: () => string
  /** Shows the label beside the icon. */
  readonly worded?: boolean
  readonly primary?: boolean
}

const confirmedForMs = 2_000

/** Copies texts, and says for two seconds what was copied. */
export function useCopy() {
  const copied = useSignal('')
  useEffect(() => {
    if (copied.value === '') return
    const timer = setTimeout(() => set(copied, ''), confirmedForMs)
    return () => clearTimeout(timer)
  }, [copied.value, copied])
  const copy = (text: string, words = 'Copied') =>
    void navigator.clipboard?.writeText(text).then(
      () => set(copied, words),
      () => {},
    )
  return { copied, copy }
}

/** Copies a text and confirms that. Renders nothing if the browser offers no clipboard (plain http). */
export function CopyButton({ label, text, worded = false, primary = false }: CopyButtonProps) {
  const { copied, copy } = useCopy()
  if (!navigator.clipboard) return null
  const icon = copied.value ? 'check' : 'copy'
  const words = copied.value || label
  const onClick = () => copy(text())
  if (!worded) return <IconButton icon={icon} label={words} onClick={onClick} />
  return (
    <Button class={primary ? 'button primary' : 'button'} onClick={onClick} icon={icon}>
      {words}
    </Button>
  )
}
