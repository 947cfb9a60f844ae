import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

const tickMs = 500

/**
 * How long a pause still waits, by the agent's clock, in whole seconds; 0 when it is over.
 *
 * @param clockAheadMs how far that clock is ahead of the browser's
 */
export function useSecondsLeft(expiresAt: string, clockAheadMs: number): number {
  const left = () => Math.max(0, Math.ceil((Date.parse(expiresAt) - Date.now() - clockAheadMs) / 1000))
  const seconds = useSignal(left())
  useEffect(() => {
    const timer = setInterval(() => {
      seconds.value = left()
    }, tickMs)
    return () => clearInterval(timer)
  }, [expiresAt, clockAheadMs])
  return seconds.value
}
