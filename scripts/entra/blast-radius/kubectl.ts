import type { ClusterReader } from '../../doctor/kube/kubectl.ts'
import type { Json } from '../graph.ts'

/** Lists objects; none of a kind that the cluster does not know, `undefined` if kubectl's user may not read them. */
export async function list<Item = Json>(
  cluster: ClusterReader,
  ...args: readonly string[]
): Promise<readonly Item[] | undefined> {
  try {
    return JSON.parse(await cluster.run([...args, '--output', 'json'])).items
  } catch (error) {
    return /doesn't have a resource type/.test((error as Error).message) ? [] : undefined
  }
}
