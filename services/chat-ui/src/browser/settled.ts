import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'

const settlesAfterMs = 500

/**
 * Whether a value has stayed the same for half a second. A button that has just taken the place of another one is
 * still being pressed for what stood there before: by the second press of a double click, or by a key pressed twice.
 */
export function useSettled(value: unknown): boolean {
  const settled = useSignal(true)
  const atFirst = useRef(true)
  useLayoutEffect(() => {
    if (atFirst.current) {
      atFirst.current = false
      return
    }
    settled.value = false
    const timer = setTimeout(() => {
      settled.value = true
    }, settlesAfterMs)
    return () => clearTimeout(timer)
  }, [value, settled])
  return settled.value
}
