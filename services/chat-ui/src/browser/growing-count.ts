import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

const perFrame = 30

/** How many items of a long list are shown: more with every frame, so that the page stays responsive. */
export function useGrowingCount(total: number): number {
  const shown = useSignal(perFrame)
  useEffect(() => {
    if (shown.value >= total) return
    const frame = requestAnimationFrame(() => {
      shown.value += perFrame
    })
    return () => cancelAnimationFrame(frame)
  }, [total, shown.value, shown])
  return Math.min(shown.value, total)
}
