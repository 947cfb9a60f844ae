/**
 * How long this browser keeps a value of the page (never a token): for good (`local`), or as long as the tab lives (`session`).
 */
type Lifetime = 'local' | 'session'

/** The result of `use`; `undefined` if `use` throws, or if the user blocks site data, so that the storage itself throws. */
function withStorage<Result>(lifetime: Lifetime, use: (storage: Storage) => Result): Result | undefined {
  try {
    return use(lifetime === 'local' ? localStorage : sessionStorage)
  } catch {
    return undefined
  }
}

/** The value kept under a key; `undefined` if there is no value, it is no JSON, or the browser keeps nothing. */
export function readStored(lifetime: Lifetime, key: string): unknown {
  return withStorage(lifetime, storage => JSON.parse(storage.getItem(key) ?? 'null')) ?? undefined
}

/** Keeps a value; `false` if the browser keeps nothing or has no room. */
export function writeStored(lifetime: Lifetime, key: string, value: unknown): boolean {
  const isWritten = withStorage(lifetime, storage => {
    storage.setItem(key, JSON.stringify(value))
    return true
  })
  return isWritten ?? false
}

/** The keys under which values are kept; `undefined` if the browser keeps nothing. */
export function storedKeys(lifetime: Lifetime): readonly string[] | undefined {
  return withStorage(lifetime, storage => Object.keys(storage))
}

/** Removes the value kept under a key. */
export function removeStored(lifetime: Lifetime, key: string): void {
  withStorage(lifetime, storage => storage.removeItem(key))
}
