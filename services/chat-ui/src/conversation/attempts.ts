/** Each question with the question before it. Questions with the same predecessor are attempts at one place. */
export type Predecessors<Item> = ReadonlyMap<Item, Item | undefined>

/** An item and all items before it, first to last. */
export function pathTo<Item>(predecessors: Predecessors<Item>, item: Item | undefined): Item[] {
  const path: Item[] = []
  for (let at = item; at !== undefined; at = predecessors.get(at)) path.unshift(at)
  return path
}

/** The attempts at an item's place, the item included, in the order in which they were made. */
export function attemptsAt<Item>(predecessors: Predecessors<Item>, item: Item): Item[] {
  return [...predecessors.keys()].filter(other => predecessors.get(other) === predecessors.get(item))
}

/** The end of the path that goes from an item through the newest attempts; the item itself if nothing followed it. */
export function newestAfter<Item>(predecessors: Predecessors<Item>, item: Item): Item {
  const next = [...predecessors].findLast(([, before]) => before === item)
  return next ? newestAfter(predecessors, next[0]) : item
}

/** Drops some items; an item that followed a dropped item then follows what the dropped item followed. */
export function withoutItems<Item>(
  predecessors: Predecessors<Item>,
  isDropped: (item: Item) => boolean,
): Map<Item, Item | undefined> {
  const keptBefore = (item: Item | undefined): Item | undefined =>
    item !== undefined && isDropped(item) ? keptBefore(predecessors.get(item)) : item
  return new Map(
    [...predecessors].flatMap(([item, before]) => (isDropped(item) ? [] : [[item, keptBefore(before)]])),
  )
}
