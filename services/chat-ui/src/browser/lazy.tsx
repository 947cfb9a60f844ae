import type { ComponentChild, ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'

const loaded = new WeakMap<() => Promise<unknown>, unknown>()

/** What a separate chunk exports, once it is loaded; then it is there at once wherever the same loader is used. */
export function useLoaded<Value extends object>(load: () => Promise<Value>): Value | undefined {
  const [value, setValue] = useState(() => loaded.get(load) as Value | undefined)
  useEffect(() => {
    if (value) return
    void load().then(brought => {
      loaded.set(load, brought)
      setValue(() => brought)
    })
  }, [load, value])
  return value
}

/** A component of a separate chunk, which is loaded when the component is first shown. */
export function lazy<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  placeholder: ComponentChild = null,
) {
  return function Lazy(props: Props) {
    const Loaded = useLoaded(load)
    return Loaded ? <Loaded {...props} /> : placeholder
  }
}
