/** What was asked after what. Questions that follow the same one are attempts at the same place. */
export type Follows<Item> = ReadonlyMap<Item, Item | undefined>

/** An item with all before it, from the first on. */
export function pathTo<Item>(follows: Follows<Item>, item: Item | undefined): Item[] {
  const path: Item[] = []
  for (let at = item; at !== undefined; at = follows.get(at)) path.unshift(at)
  return path
}

/** The attempts at an item's place, itself among them, in the order in which they were made. */
export function attemptsAt<Item>(follows: Follows<Item>, item: Item): Item[] {
  return [...follows.keys()].filter(other => follows.get(other) === follows.get(item))
}

/** The last of what was asked after an item, in the newest attempt each time; the item itself where nothing was. */
export function newestAfter<Item>(follows: Follows<Item>, item: Item): Item {
  const next = [...follows].findLast(([, before]) => before === item)
  return next ? newestAfter(follows, next[0]) : item
}

/** Without some items; what followed them follows what they followed. */
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
