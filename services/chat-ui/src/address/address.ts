import { effect } from '@preact/signals'
import { type Addressed, findPlace } from './find-place.ts'
import { openPlace } from './open-place.ts'
import { coversOf, fragmentOf, type Place, placeKey, readPlace } from './place.ts'

/** What an entry of the browser's history knows besides its address. */
interface Entry {
  readonly key?: string
  /** The key of the place above which this view was opened. */
  readonly below?: string | undefined
  readonly isEmpty?: boolean
}

const readEntry = (): Entry => history.state ?? {}

/**
 * Makes the address follow what is shown, as `#turn=2&id=…&view=sequence&step=5`, and opens what an address names. Another place
 * is an entry of the browser's history, and Back leads to the place before; a detail, such as a step, changes its place's entry.
 *
 * @param wasEmpty whether nothing was asked when the page appeared; a question may be asked before this code has come
 */
export function followAddress(page: Addressed, wasEmpty: boolean): void {
  const { conversation, trace } = page
  let before: Place = {}
  /** How many places the user went to, and how many of them are shown or were left. */
  let [goings, openings] = [0, 0]
  let isDue = false

  const write = () => {
    isDue = false
    if (goings !== openings) return
    const place = findPlace(page)
    const entry = readEntry()
    const [key, last] = [placeKey(place), placeKey(before)]
    // An answer that is being written changes many times a second.
    if (entry.key === key && fragmentOf(place) === fragmentOf(before)) return
    const isLeft = coversOf(place) < coversOf(before)
    before = place
    if (isLeft && entry.below === key) {
      history.back()
      return
    }
    const isPlace = key !== last && !isLeft
    const isEmpty = coversOf(place) === 0 && conversation.exchanges.peek().length === 0
    change(isPlace ? 'pushState' : 'replaceState', place, {
      key,
      below: isPlace ? last : entry.below,
      isEmpty,
    })
  }

  const go = async (isLink: boolean): Promise<void> => {
    goings += 1
    const own = goings
    const { isEmpty = false } = readEntry()
    try {
      await openPlace(page, readPlace(location.hash), { isLink, isEmpty })
    } finally {
      if (own === goings) {
        openings = own
        const [asked, found] = [readPlace(location.hash), findPlace(page)]
        // What the user closed while it opened is left as if it had been open.
        before = readEntry().key !== undefined && coversOf(found) < coversOf(asked) ? asked : found
        write()
      }
    }
  }

  effect(() => {
    conversation.exchanges.value
    page.linkMissed.value = false
    page.linkFault.value = ''
  })
  effect(() => {
    conversation.selected.value
    trace.current.value = undefined
    trace.sought.value = undefined
    trace.compared.value = []
  })
  const there = readPlace(location.hash)
  const isBare = (place: Place) => place.turn === undefined && coversOf(place) === 0
  if (wasEmpty && isBare(there) && !isBare(findPlace(page))) {
    before = there
    change('replaceState', there, { key: placeKey(there), isEmpty: true })
  } else if (location.hash === '') before = findPlace(page)
  else void go(true)
  // Comes for the browser's Back and Forward, and for a link within this tab.
  addEventListener('popstate', () => {
    const isShown = readEntry().key === placeKey(before) && location.hash === fragmentOf(before)
    if (!isShown) void go(history.state === null)
  })
  effect(() => {
    findPlace(page)
    // What changes at once is one place.
    if (!isDue) queueMicrotask(write)
    isDue = true
  })
}

function change(method: 'pushState' | 'replaceState', place: Place, entry: Entry): void {
  try {
    history[method](entry, '', fragmentOf(place) || `${location.pathname}${location.search}`)
  } catch {
    // Safari refuses more than a hundred changes in ten seconds. A later one brings the address up to date.
  }
}
