import { signal } from '@preact/signals'

/**
 * Whether a chunk could not be loaded: the network was away, or the agent has been updated and has other chunks now. Browsers do not
 * ask for it again before the page is reloaded.
 */
export const isIncomplete = signal(false)

// https://vite.dev/guide/build#load-error-handling
addEventListener('vite:preloadError', () => {
  isIncomplete.value = true
})
