import { useSignal } from '@preact/signals'
import { useLayoutEffect } from 'preact/hooks'

const settlesAfterMs = 500

/**
 * Whether a value has stayed the same for half a second. A button that has just replaced another one may get
 * input that was meant for the other one: the second click of a double click, or a key pressed twice.
 *
 * @param isNew whether the first value, too, has to stay the same for half a second
 */
export function useSettled<Value extends boolean | string>(value: Value, { isNew = false } = {}): boolean {
  const settled = useSignal<Value | undefined>(isNew ? undefined : value)
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
