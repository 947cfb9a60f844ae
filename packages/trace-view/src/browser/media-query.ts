import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** The media query that holds if there is room for one pane only. */
export const narrowQuery = '(max-width: 56.24rem)'

/** Whether a media query holds; updated when that changes. */
export function useMediaQuery(query: string): boolean {
  const matches = useSignal(matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const update = () => {
      matches.value = list.matches
    }
    list.addEventListener('change', update)
    return () => list.removeEventListener('change', update)
  }, [query, matches])
  return matches.value
}
