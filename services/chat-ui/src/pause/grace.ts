import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

const graceMs = 500

/** Whether a card has been there for half a second: a press before that was meant for what stood there before. */
export function useGrace(): boolean {
  const isOver = useSignal(false)
  useEffect(() => {
    const timer = setTimeout(() => {
      isOver.value = true
    }, graceMs)
    return () => clearTimeout(timer)
  }, [isOver])
  return isOver.value
}
