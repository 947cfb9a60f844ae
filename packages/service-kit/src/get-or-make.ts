interface Keyed<Key, Value> {
  get(key: Key): Value | undefined
  set(key: Key, value: Value): unknown
}

/** The value of a key, made and kept at the first call. What `Map.prototype.getOrInsertComputed` does, which Node 24 lacks. */
export function getOrMake<Key, Value extends object>(
  map: Keyed<Key, Value>,
  key: Key,
  make: (key: Key) => Value,
): Value {
  const kept = map.get(key)
  if (kept !== undefined) return kept
  const made = make(key)
  map.set(key, made)
  return made
}
