import { signal } from '@preact/signals'

/**
 * Whether a chunk could not be loaded: the network failed, or the agent has been updated and serves other chunks now. Browsers
 * do not request the chunk again before the page is reloaded.
 */
export const isPageIncomplete = signal(false)

// https://vite.dev/guide/build#load-error-handling
addEventListener('vite:preloadError', () => {
  isPageIncomplete.value = true
})
