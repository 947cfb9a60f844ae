import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
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

/** Copies a text and confirms that for two seconds. Renders nothing if the browser offers no clipboard (plain http). */
export function CopyButton({ label, text, worded = false, primary = false }: CopyButtonProps) {
  const done = useSignal(false)
  useEffect(() => {
    if (!done.value) return
    const timer = setTimeout(() => {
      done.value = false
    }, confirmedForMs)
    return () => clearTimeout(timer)
  }, [done.value, done])
  if (!navigator.clipboard) return null
  const copy = async () => {
    await navigator.clipboard.writeText(text())
    done.value = true
  }
  const icon = done.value ? 'check' : 'copy'
  const words = done.value ? 'Copied' : label
  const onClick = () => void copy().catch(() => {})
  if (!worded) return <IconButton icon={icon} label={words} onClick={onClick} />
  return (
    <Button class={primary ? 'button primary' : 'button'} onClick={onClick} icon={icon}>
      {words}
    </Button>
  )
}
