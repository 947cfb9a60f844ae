import { expect, it } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { Demo } from './support/demo.ts'
import type { KubernetesObject } from './support/kubernetes.ts'

interface Deployment extends KubernetesObject {
  readonly spec: { readonly replicas: number }
}

const demo = await forFile(Demo.install('autoscaling', { agent: { agent: { replicas: 2 } } }))
const switchOn = { agent: { autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 6 } } }

async function podNames(): Promise<readonly string[]> {
  return (await demo.namespace.pods('agent')).map(({ metadata }) => metadata.name).sort()
}

async function countWanted(): Promise<number> {
  return (await demo.namespace.get<Deployment>('deployment', 'demo-agent')).spec.replicas
}

it('a release that was scaled first keeps all its pods when autoscaling is switched on, and gives the number back to Helm by force', async () => {
  await demo.scale('agent', 3)
  await demo.awaitRollout('agent')
  const before = await podNames()
  expect(before).toHaveLength(3)

  await demo.installAgent(switchOn)
  expect([await countWanted(), await podNames()]).toEqual([3, before])
  await demo.installAgent({ ...switchOn, preStopSleepSeconds: 6 })
  expect(await countWanted()).toBe(3)

  await expect(demo.installAgent()).rejects.toThrow(/conflict.*\.spec\.replicas/s)
  await demo.installAgent({}, '--force-conflicts')
  expect(await countWanted()).toBe(1)
})
