import { describe, expect, it, vi } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { type Answer, ask } from './support/chat.ts'
import { Demo } from './support/demo.ts'
import { type ContainerStatus, type Pod, statusOf } from './support/kubernetes.ts'

const demo = await forFile(Demo.install('sidecar'))

/** Patches the agent's Deployment. The old pod serves until the new one is ready. */
async function patchPodTemplate(spec: object): Promise<void> {
  const patch = JSON.stringify({ spec: { template: { spec } } })
  await demo.namespace.kubectl('patch', 'deployment/demo-agent', '--patch', patch)
}

async function newestPod(): Promise<Pod> {
  const pods = await demo.namespace.list<Pod>(
    ...['pods', '-l', 'app.kubernetes.io/component=agent', '--sort-by=.metadata.creationTimestamp'],
  )
  const pod = pods.at(-1)
  if (!pod) throw new Error('There is no pod of the agent.')
  return pod
}

describe('the sidecar', () => {
  it('starts before the agent, which waits until the sidecar is healthy', async () => {
    const before = await newestPod()
    const [sidecar, agent] = [statusOf(before, 'sidecar'), statusOf(before, 'agent')]
    const startOf = (status: ContainerStatus | undefined) =>
      Date.parse(status?.state.running?.startedAt ?? '')
    expect(startOf(agent)).toBeGreaterThanOrEqual(startOf(sidecar))

    // Without a client id the sidecar runs, but its /healthz says that it does not work.
    const env = [{ name: 'AzureAd__ClientId', value: '' }]
    await patchPodTemplate({ initContainers: [{ name: 'sidecar', env }] })
    await vi.waitFor(
      async () => {
        const pod = await newestPod()
        expect(pod.metadata.name).not.toBe(before.metadata.name)
        expect(statusOf(pod, 'sidecar')).toMatchObject({
          started: false,
          state: { running: expect.anything() },
        })
      },
      { timeout: 30_000, interval: 500 },
    )
    const { metadata } = await newestPod()
    const becomesReady = ['wait', '--for=condition=Ready', `pod/${metadata.name}`, '--timeout=5s']
    await expect(demo.namespace.kubectl(...becomesReady)).rejects.toThrow('timed out')
    expect(statusOf(await newestPod(), 'agent')?.state).toMatchObject({
      waiting: { reason: 'PodInitializing' },
    })
    await demo.namespace.kubectl('rollout', 'undo', 'deployment/demo-agent')
    await demo.awaitRollout('agent')
  })

  it('is restarted when it dies; turns that cannot wait for it fail with a problem, and the agent is not restarted', async () => {
    const agentUrl = await demo.agentUrl()
    const { metadata } = await demo.namespace.pod('agent')
    const kill = () => demo.endContainer('agent', 'sidecar')
    const answers: Answer[] = []
    const askUntil = async (isEnough: (answer: Answer) => boolean) => {
      await vi.waitFor(
        async () => {
          const answer = await ask(agentUrl)
          answers.push(answer)
          expect(isEnough(answer)).toBe(true)
        },
        { timeout: 60_000, interval: 100 },
      )
    }
    expect((await ask(agentUrl)).status).toBe(200)
    const restarts = async () => statusOf(await demo.namespace.pod('agent'), 'sidecar')?.restartCount
    await kill()
    await expect.poll(restarts, { timeout: 30_000 }).toBe(1)
    await askUntil(({ status }) => status === 200)
    // The second time, Kubernetes waits ten seconds before it restarts the sidecar.
    await kill()
    await askUntil(({ body }) => body.code === 'SIDECAR_UNREACHABLE')
    await askUntil(({ status }) => status === 200)

    const codes = new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.code))
    expect([...codes]).toEqual(['SIDECAR_UNREACHABLE'])
    const after = await demo.namespace.pod('agent')
    expect(after.metadata.name).toBe(metadata.name)
    expect(await restarts()).toBe(2)
    expect(statusOf(after, 'agent')?.restartCount).toBe(0)
  })

  it('recovers without an operator when its credential comes too late', { timeout: 300_000 }, async () => {
    // The credential is a Secret that does not exist yet, instead of a projected token.
    const volume = { name: 'blueprint', projected: null, secret: { secretName: 'late', optional: true } }
    await patchPodTemplate({ volumes: [volume] })
    await demo.awaitRollout('agent')
    await demo.closeForwards()
    const agentUrl = await demo.agentUrl()
    await expect
      .poll(async () => (await ask(agentUrl)).body.code, { timeout: 30_000 })
      .toMatch(/^SIDECAR_|^BLUEPRINT_/)

    const token = await demo.namespace.kubectl(
      ...['create', 'token', 'demo-agent', '--audience=api://AzureADTokenExchange', '--duration=1h'],
    )
    await demo.namespace.createSecret('late', { token: token.trim() })
    const { metadata } = await demo.namespace.pod('agent')
    // The kubelet refreshes Secrets when the pod changes, otherwise after a minute or two.
    await demo.namespace.kubectl('annotate', 'pod', metadata.name, 'noticed=now')
    await expect
      .poll(async () => (await ask(agentUrl)).status, { timeout: 240_000, interval: 2_000 })
      .toBe(200)
    const healed = await demo.namespace.pod('agent')
    expect(healed.metadata.name).toBe(metadata.name)
    expect(statusOf(healed, 'sidecar')?.restartCount).toBeGreaterThan(0)
    expect(statusOf(healed, 'agent')?.restartCount).toBe(0)
  })
})
