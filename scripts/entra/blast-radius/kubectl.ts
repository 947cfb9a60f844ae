import type { Json } from '../graph.ts'

/** Runs kubectl with these arguments, and an input, and gives its output. */
export type RunKubectl = (args: readonly string[], input?: string) => Promise<string>

/** Lists objects; none of a kind that the cluster does not know, `undefined` if kubectl's user may not read them. */
export async function list<Item = Json>(
  kubectl: RunKubectl,
  ...args: readonly string[]
): Promise<readonly Item[] | undefined> {
  try {
    return JSON.parse(await kubectl([...args, '--output', 'json'])).items
  } catch (error) {
    return /doesn't have a resource type/.test((error as Error).message) ? [] : undefined
  }
}
