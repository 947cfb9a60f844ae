import { useComputed, useSignal, useSignalEffect } from '@preact/signals'

/** The value of `read`, which depends on signals, updated at most once a frame. */
export function useFrameValue<Value>(read: () => Value): Value {
  const current = useComputed(read)
  const shown = useSignal(current.peek())
  useSignalEffect(() => {
    current.value
    const frame = requestAnimationFrame(() => {
      shown.value = current.peek()
    })
    return () => cancelAnimationFrame(frame)
  })
  return shown.value
}
