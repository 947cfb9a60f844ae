import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect } from 'preact/hooks'
import { useGrowingCount } from './growing-count.ts'

/** The least number of items that are drawn in parts. */
const longFrom = 300
/** The number of items in a part. */
const partSize = 50
/** How far outside the view a part is drawn, so that it is there when it comes into view. */
const margin = '800px'

/** Items of a long list that follow each other. Only those in view, or once in view, are drawn. */
export interface ListPart<Item> {
  readonly index: number
  readonly first: number
  readonly items: readonly Item[]
  readonly isDrawn: boolean
}

/**
 * The parts of a list; a list that is not long is one part, which grows until all is drawn. What stands for a part that is not drawn yet has its number in
 * `data-part`.
 *
 * @param isWanted whether an item is needed wherever it is
 */
export function useShownParts<Item>(
  all: readonly Item[],
  list: RefObject<HTMLElement | null>,
  isWanted: (item: Item) => boolean,
): { readonly parts: readonly ListPart<Item>[]; readonly showLast: () => void } {
  const seen = useSignal<ReadonlySet<number>>(new Set([0]))
  const show = (index: number) => {
    if (!seen.peek().has(index)) seen.value = new Set([...seen.peek(), index])
  }
  const isLong = all.length > longFrom
  const count = useGrowingCount(isLong ? 0 : all.length)
  const size = isLong ? partSize : longFrom
  const parts = Array.from({ length: Math.ceil(all.length / size) }, (_, index) => {
    const items = all.slice(index * size, isLong ? (index + 1) * size : count)
    const isDrawn = seen.value.has(index) || items.some(isWanted)
    return { index, first: index * size, items, isDrawn }
  })
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
