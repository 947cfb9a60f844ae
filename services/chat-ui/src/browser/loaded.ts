import { useEffect, useState } from 'preact/hooks'

const loaded = new WeakMap<() => Promise<unknown>, unknown>()

/**
 * What a separate chunk exports. It is loaded when first wanted, and is then there at once wherever the same loader is used.
 */
export function useLoaded<Value extends object>(
  load: () => Promise<Value>,
  isWanted = true,
): Value | undefined {
  const [value, setValue] = useState(() => loaded.get(load) as Value | undefined)
  useEffect(() => {
    if (!isWanted || value) return
    void load().then(brought => {
      loaded.set(load, brought)
      setValue(() => brought)
    })
  }, [isWanted, load, value])
  return value
}
