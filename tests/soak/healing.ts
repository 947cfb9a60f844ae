import { setTimeout as delay } from 'node:timers/promises'
import type { Demo } from '../cluster/support/demo.ts'
import { statusesOf } from '../cluster/support/kubernetes.ts'
import type { Load } from '../cluster/support/load.ts'
import type { Episode } from './turn.ts'

interface DemoUnderLoad {
  readonly demo: Demo
  readonly load: Load
}

const components = ['agent', 'weather-api'] as const
/** The weather API has one pod, since only one may write its file of alerts. */
export const replicas = { agent: 2, 'weather-api': 1 } as const
/** Longer than the five minutes that Kubernetes may wait before it restarts a container that ended often. */
const healingLimitMs = 6 * 60_000
/** The number of kinds of turns (`TurnKind`) in `tests/cluster/in-pod/ask.ts`. */
const turnKindCount = 13
/** The number of turns of each kind that have to succeed in a row. */
const turnsInARow = 3

/**
 * Waits until every pod is ready and every kind of turn works again.
 *
 * @throws if that takes too long
 */
export async function untilHealed(
  { demo, load }: DemoUnderLoad,
  since: number,
  leastMs = 0,
): Promise<Pick<Episode, 'readyAt' | 'healedAt'>> {
  const limit = since + healingLimitMs
  await delay(leastMs)
  while (!(await isReady(demo))) await waitWithin(load, limit, 'Not all pods are ready')
  const readyAt = Date.now()
  while (!isWell(load, since)) await waitWithin(load, limit, 'Not every kind of turn works')
  return { readyAt, healedAt: Date.now() }
}

async function waitWithin(load: Load, limit: number, what: string): Promise<void> {
  if (Date.now() > limit) {
    const last = load.turns.slice(-30).map(turn => JSON.stringify(turn))
    throw new Error(`${what} ${healingLimitMs / 60_000} minutes after a fault.\n${last.join('\n')}`)
  }
  await delay(500)
}

function isWell(load: Load, since: number): boolean {
  const kinds = Map.groupBy(
    load.turns.filter(({ startedAt }) => startedAt >= since),
    ({ way }) => way,
  )
  const isKindWell = (turns: readonly { readonly outcome: string }[]) =>
    turns.length >= turnsInARow && turns.slice(-turnsInARow).every(({ outcome }) => outcome === 'OK')
  return kinds.size === turnKindCount && [...kinds.values()].every(isKindWell)
}

async function isReady(demo: Demo): Promise<boolean> {
  const pods = (await Promise.all(components.map(component => demo.namespace.pods(component)))).flat()
  const wanted = replicas.agent + replicas['weather-api']
  return pods.length === wanted && pods.flatMap(statusesOf).every(({ ready }) => ready)
}
