import { expect } from 'vitest'
import { kubectl } from './command.ts'

/**
 * Waits until no pod of the cluster is ending. With each pod, a network interface of the node goes away, and Chromium on the
 * node then drops what it is loading.
 */
export async function untilNoPodEnds(): Promise<void> {
  const names = 'jsonpath={.items[?(@.metadata.deletionTimestamp)].metadata.name}'
  const ending = () => kubectl(['get', 'pods', '--all-namespaces', '-o', names])
  await expect.poll(ending, { timeout: 120_000, interval: 500 }).toBe('')
}
