/** What this browser keeps for this page: `local` for good, `session` as long as the tab lives. Never a token. */
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
