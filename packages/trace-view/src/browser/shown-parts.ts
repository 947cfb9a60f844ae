import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect } from 'preact/hooks'

/** The number of items in a part. */
const partSize = 30
/** Of a list with more items, only the parts that come into view are drawn; of other lists, one more part with every frame. */
const longFrom = 300
/** How far outside the view a part is drawn, so that it is there when it comes into view. */
const margin = '800px'

/**
 * The parts of a list, which are not all drawn at once, so that the page stays responsive. What stands for a part that is not
 * drawn yet has its number in `data-part`.
 *
 * @param isWanted whether an item is needed wherever it is
 */
export function useShownParts<Item>(
  all: readonly Item[],
  list: RefObject<HTMLElement | null>,
  isWanted: (item: Item) => boolean,
) {
  const seen = useSignal<ReadonlySet<number>>(new Set([0]))
  const show = (index: number) => {
    if (!seen.peek().has(index)) seen.value = new Set([...seen.peek(), index])
  }
  const parts = Array.from({ length: Math.ceil(all.length / partSize) }, (_, index) => {
    const first = index * partSize
    const items = all.slice(first, first + partSize)
    return { index, first, items, isDrawn: seen.value.has(index) || items.some(isWanted) }
  })
  const next = all.length > longFrom ? undefined : parts.find(({ isDrawn }) => !isDrawn)?.index
  useEffect(() => {
    if (next === undefined) return
    const frame = requestAnimationFrame(() => show(next))
    return () => cancelAnimationFrame(frame)
  }, [next])
  useEffect(() => {
    const places = list.current?.querySelectorAll('[data-part]') ?? []
    if (places.length === 0) return
    const observer = new IntersectionObserver(
      entries => {
        for (const { isIntersecting, target } of entries)
          if (isIntersecting) show(Number(target.getAttribute('data-part')))
      },
      { root: list.current?.closest('.scroll') ?? null, rootMargin: margin },
    )
    for (const place of places) observer.observe(place)
    return () => observer.disconnect()
  })
  return { parts, showLast: () => show(parts.length - 1) }
}
