import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

const itemsPerFrame = 30

/** How many items of a long list are shown: more with every frame, so that the page stays responsive. */
export function useGrowingCount(total: number): number {
  const shown = useSignal(itemsPerFrame)
  useEffect(() => {
    if (shown.value >= total) return
    const frame = requestAnimationFrame(() => {
      shown.value += itemsPerFrame
    })
    return () => cancelAnimationFrame(frame)
  }, [total, shown.value, shown])
  return Math.min(shown.value, total)
}
