import { useSignal } from '@preact/signals'
import { useLayoutEffect } from 'preact/hooks'

const settlesAfterMs = 500

/**
 * Whether a value has stayed the same for half a second. A button that has just taken the place of something else is still being
 * pressed for what stood there before: by the second press of a double click, or by a key pressed twice.
 *
 * @param isNew whether it takes half a second from the beginning
 */
export function useSettled(value: boolean, { isNew = false } = {}): boolean {
  const settled = useSignal(isNew ? undefined : value)
  useLayoutEffect(() => {
    const timer = setTimeout(() => {
      settled.value = value
    }, settlesAfterMs)
    return () => {
      clearTimeout(timer)
      settled.value = undefined
    }
  }, [value, settled])
  return settled.value === value
}
