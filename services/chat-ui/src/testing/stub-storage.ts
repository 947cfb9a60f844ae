import { vi } from 'vitest'

/**
 * A storage like the browser's, with room for this many characters: its items are own members, so that `Object.keys` lists
 * them.
 */
export function stubStorage(
  name: 'localStorage' | 'sessionStorage',
  room = 5_000_000,
): Record<string, string> {
  const items: Record<string, string> = {}
  const methods: Record<string, unknown> = {
    getItem: (key: string) => items[key] ?? null,
    setItem(key: string, value: string) {
      if (Object.values({ ...items, [key]: value }).join('').length > room)
        throw new DOMException('Full.', 'QuotaExceededError')
      items[key] = value
    },
    removeItem: (key: string) => delete items[key],
  }
  vi.stubGlobal(name, new Proxy(items, { get: (_target, key: string) => methods[key] }))
  return items
}
