import { describe, expect, it } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { merge } from '../support/values.ts'
import { kubectl } from './support/command.ts'
import { Demo } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'
import type { Pod } from './support/kubernetes.ts'
import { Load, type Turn, valuesForLoad } from './support/load.ts'

const kinds = ['direct autonomous', 'bedrock autonomous']
const replicas = { replicas: 2 }
const agentValues = merge(valuesForLoad, { agent: replicas, weatherApi: replicas })
const logLevel = { logLevel: 'warn' }
const otherLogLevels = merge(agentValues, { agent: logLevel, weatherApi: logLevel })

// The emulated model is about as slow as a real one, so that answers are under way whenever a pod ends.
const emulators = { bedrock: { firstTokenMs: 250, tokenDelayMs: 15 } }
const demo = await forFile(Demo.install('rollout', { agent: agentValues, emulators }))
const { namespace } = demo
const entra = await EntraControls.of(demo)
const components = ['agent', 'weather-api']

/** Sends turns all the time while something happens to the pods. */
async function runUnderLoad(event: () => Promise<void>): Promise<readonly Turn[]> {
  const load = await Load.start(demo, entra, { usersPerKind: 4, pauseMs: 20, kinds })
  await event()
  await load.stop()
  return load.turns
}

async function scale(replicas: number): Promise<void> {
  for (const component of components) await demo.scale(component, replicas)
  for (const component of components) await demo.awaitRollout(component)
  const pods = () => namespace.list('pods', '-l', 'app.kubernetes.io/instance=demo')
  await expect.poll(async () => (await pods()).length, { timeout: 60_000 }).toBe(2 * replicas)
}

async function deletePods(): Promise<void> {
  for (const component of components) {
    const [pod] = await namespace.pods(component)
    await namespace.kubectl('delete', 'pod', pod?.metadata.name ?? '')
  }
  await scale(2)
}

/** Asks for the eviction of every pod, as a node's drain does: again after each refusal of the PodDisruptionBudget. */
async function evictPods(): Promise<void> {
  const pods = (await Promise.all(components.map(component => namespace.pods(component)))).flat()
  const evict = async ({ metadata: { name } }: Pod) => {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } }
    const path = `/api/v1/namespaces/${namespace.name}/pods/${name}/eviction`
    await kubectl(['create', '--raw', path, '-f', '-'], { input: JSON.stringify(eviction) })
    return 'evicted'
  }
  const evictions = pods.map(pod =>
    expect.poll(() => evict(pod), { timeout: 120_000, interval: 1_000 }).toBe('evicted'),
  )
  await Promise.all(evictions)
  for (const { metadata } of pods) await namespace.waitFor('delete', `pod/${metadata.name}`)
  await scale(2)
}

describe('No turn fails', { timeout: 180_000 }, () => {
  it.each([
    ['every pod is replaced by an upgrade', 2, () => demo.installAgent(otherLogLevels)],
    ['pods come and go: from one to three and back', 1, () => scale(3).then(() => scale(1))],
    ['pods are deleted', 2, deletePods],
    ['every pod is evicted, as its PodDisruptionBudget allows it', 2, evictPods],
  ] as const)('while %s', async (_what, replicas, event) => {
    await scale(replicas)
    const turns = await runUnderLoad(event)
    expect(turns.filter(({ outcome }) => outcome !== 'OK')).toEqual([])
    for (const kind of kinds) expect(turns.filter(({ way }) => way === kind).length).toBeGreaterThan(20)
  })
})
