import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

const perFrame = 60

/** How many of a long list are shown: some more with every frame, so that it never keeps the page from responding. */
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
