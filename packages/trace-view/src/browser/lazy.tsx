import { signal } from '@preact/signals'
import type { ComponentChild, ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/**
 * Whether a chunk could not be loaded: the network failed, or the agent has been updated and serves other chunks now. Browsers
 * do not request the chunk again before the page is reloaded.
 */
export const isPageIncomplete = signal(false)

// https://vite.dev/guide/build#load-error-handling
addEventListener('vite:preloadError', () => {
  isPageIncomplete.value = true
})

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
