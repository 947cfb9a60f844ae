/** For each question, the question before it. Those that follow the same question are attempts at one place in the conversation. */
export type Follows<Item> = ReadonlyMap<Item, Item | undefined>

/** An item and all items before it, first to last. */
export function pathTo<Item>(follows: Follows<Item>, item: Item | undefined): Item[] {
  const path: Item[] = []
  for (let at = item; at !== undefined; at = follows.get(at)) path.unshift(at)
  return path
}

/** The attempts at an item's place, the item included, in the order in which they were made. */
export function attemptsAt<Item>(follows: Follows<Item>, item: Item): Item[] {
  return [...follows.keys()].filter(other => follows.get(other) === follows.get(item))
}

/** The last item asked after this one, along the newest attempts; the item itself if nothing was asked after it. */
export function newestAfter<Item>(follows: Follows<Item>, item: Item): Item {
  const next = [...follows].findLast(([, before]) => before === item)
  return next ? newestAfter(follows, next[0]) : item
}

/** Drops some items; an item that followed a dropped item then follows what the dropped item followed. */
export function without<Item>(
  follows: Follows<Item>,
  isDropped: (item: Item) => boolean,
): Map<Item, Item | undefined> {
  const keptBefore = (item: Item | undefined): Item | undefined =>
    item !== undefined && isDropped(item) ? keptBefore(follows.get(item)) : item
  return new Map(
    [...follows].flatMap(([item, before]) => (isDropped(item) ? [] : [[item, keptBefore(before)]])),
  )
}
