import { useComputed, useSignal, useSignalEffect } from '@preact/signals'

/** The value of `read`, which depends on signals, updated at most once a frame. */
export function useFrameValue<Value>(read: () => Value): Value {
  const current = useComputed(read)
  const shown = useSignal(current.peek())
  const scheduled = useSignal(false)
  useSignalEffect(() => {
    if (current.value === shown.peek() || scheduled.peek()) return
    scheduled.value = true
    requestAnimationFrame(() => {
      scheduled.value = false
      shown.value = current.peek()
    })
  })
  return shown.value
}
