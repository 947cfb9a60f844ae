import type { ComponentChild, ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'

const loadedExports = new WeakMap<() => Promise<unknown>, unknown>()

/** The exports of a separate chunk, once it is loaded; the next use of the same loader has them at once. */
export function useLoaded<Value extends object>(load: () => Promise<Value>): Value | undefined {
  const [value, setValue] = useState(() => loadedExports.get(load) as Value | undefined)
  useEffect(() => {
    if (value) return
    void load().then(brought => {
      loadedExports.set(load, brought)
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
