import { useEffect, useState } from 'preact/hooks'

const loaded = new WeakMap<() => Promise<unknown>, unknown>()

/** What a chunk of its own brings, once it is wanted and there; from then on at once, wherever the same loader is used. */
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
