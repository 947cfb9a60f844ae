import { afterAll } from 'vitest'

/** What a file's tests use; it is disposed of after them, the newest first. */
export function useResources(): AsyncDisposableStack {
  const resources = new AsyncDisposableStack()
  afterAll(() => resources.disposeAsync())
  return resources
}
