/**
 * What this browser keeps for this page: `local` for good, `session` as long as the tab lives. Never a token.
 * Where the user lets pages keep nothing, looking at the storage is already an error.
 */
type Lifetime = 'local' | 'session'

function storageOf(lifetime: Lifetime): Storage {
  return lifetime === 'local' ? localStorage : sessionStorage
}

/** What was kept under a key; `undefined` where there is nothing readable, or the browser keeps nothing. */
export function readStored(lifetime: Lifetime, key: string): unknown {
  try {
    return JSON.parse(storageOf(lifetime).getItem(key) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

/** Keeps a value; `false` where the browser keeps nothing or has no room. */
export function writeStored(lifetime: Lifetime, key: string, value: unknown): boolean {
  try {
    storageOf(lifetime).setItem(key, JSON.stringify(value))
    return true
  } catch {
    return false
  }
}

/** The keys under which something is kept; `undefined` where the browser keeps nothing. */
export function storedKeys(lifetime: Lifetime): readonly string[] | undefined {
  try {
    return Object.keys(storageOf(lifetime))
  } catch {
    return undefined
  }
}

/** Removes what is kept under a key. */
export function removeStored(lifetime: Lifetime, key: string): void {
  try {
    storageOf(lifetime).removeItem(key)
  } catch {
    // Where nothing can be kept, nothing was.
  }
}
