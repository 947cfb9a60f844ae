import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** The browser's time in milliseconds, read again every `everyMs` while `isWanted`. */
export function useNow(everyMs: number, isWanted = true): ReadonlySignal<number> {
  const now = useSignal(Date.now())
  useEffect(() => {
    if (!isWanted) return
    const timer = setInterval(() => {
      now.value = Date.now()
    }, everyMs)
    return () => clearInterval(timer)
  }, [now, everyMs, isWanted])
  return now
}
