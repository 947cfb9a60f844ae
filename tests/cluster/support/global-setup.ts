import { kubectl } from './command.ts'
import { testLabel } from './namespace.ts'

/**
 * Fails at once where there is no cluster, or one that may be somebody's: these tests change a node's routes. Then clears
 * what an aborted run left behind.
 */
export default async function prepareCluster(): Promise<void> {
  const context = (await kubectl(['config', 'current-context'])).trim()
  if (!/^(kind-.*|local)$/.test(context) && process.env['CLUSTER_TEST_CONTEXT'] !== context) {
    throw new Error(
      `These tests are for disposable clusters. If "${context}" is one, set CLUSTER_TEST_CONTEXT to its name.`,
    )
  }
  await kubectl(['get', 'nodes'])
  await kubectl(['delete', 'namespace', '-l', testLabel, '--wait=false'])
}
