import { useComputed, useSignal, useSignalEffect } from '@preact/signals'

/** What `read` makes of signals, brought up to date at most once a frame: what nobody can see need not be drawn. */
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
