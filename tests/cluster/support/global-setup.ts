import { kubectl } from './command.ts'
import { testLabel } from './namespace.ts'

const longestRunMs = 60 * 60_000

/**
 * Throws if there is no cluster, or if nothing says that the cluster is disposable: the tests change a node's routes.
 * Otherwise deletes namespaces that aborted runs left behind, but none that another run may be using.
 */
export default async function prepareCluster(): Promise<void> {
  const context = (await kubectl(['config', 'current-context'])).trim()
  if (!/^(kind-.*|local)$/.test(context) && process.env['CLUSTER_TEST_CONTEXT'] !== context) {
    throw new Error(
      `These tests are for disposable clusters. If "${context}" is one, set CLUSTER_TEST_CONTEXT to its name.`,
    )
  }
  await kubectl(['get', 'nodes'])
  const { items } = JSON.parse(await kubectl(['get', 'namespaces', '-l', testLabel, '-o', 'json']))
  for (const { metadata } of items) {
    if (Date.now() - Date.parse(metadata.creationTimestamp) < longestRunMs) continue
    await kubectl(['delete', 'namespace', metadata.name, '--wait=false'])
  }
}
