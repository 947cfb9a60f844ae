import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Demo } from './support/demo.ts'
import { Load, type LoadReport } from './support/load.ts'

const reachable = {
  agent: {
    allowedHosts: ['demo-agent'],
    requireSignIn: false,
    env: { RATE_LIMIT_PER_MINUTE: '1000000' },
    replicas: 2,
  },
  weatherApi: { replicas: 2 },
  networkPolicy: { agent: { ingressFrom: [{ podSelector: { matchLabels: { app: 'load' } } }] } },
}

let demo: Demo

beforeAll(async () => {
  // The emulated model is about as slow as a real one, so that answers are under way whenever a pod ends.
  demo = await Demo.install('rollout', {
    agent: reachable,
    emulators: { bedrock: { firstTokenMs: 250, tokenDelayMs: 15 } },
  })
})
afterAll(() => demo?.[Symbol.asyncDispose]())

/** Sends turns all the time while something happens to the pods. */
async function underLoad(event: () => Promise<void>): Promise<LoadReport> {
  const load = await Load.start(demo.namespace)
  await event()
  return load.stop()
}

function expectNoFailures(report: LoadReport): void {
  for (const [way, { requests, failures }] of Object.entries(report)) {
    expect(failures, way).toEqual([])
    expect(requests, way).toBeGreaterThan(5)
  }
}

/** The number of requests, for the test's report. */
function counted(report: LoadReport): string {
  return Object.entries(report)
    .map(([way, { requests, failures }]) => `${way}: ${requests} requests, ${failures.length} failed`)
    .join('; ')
}

async function scale(replicas: number): Promise<void> {
  const { namespace } = demo
  await namespace.kubectl(
    'scale',
    'deployment/demo-agent',
    'deployment/demo-weather-api',
    `--replicas=${replicas}`,
  )
  await namespace.kubectl('rollout', 'status', 'deployment/demo-agent')
  await namespace.kubectl('rollout', 'status', 'deployment/demo-weather-api')
  const selector = 'app.kubernetes.io/instance=demo'
  await expect
    .poll(async () => (await namespace.list('pods', '-l', selector)).length, { timeout: 60_000 })
    .toBe(2 * replicas)
}

describe('no request fails', { timeout: 180_000 }, () => {
  it('while every pod is replaced by an upgrade', async ({ annotate }) => {
    const report = await underLoad(() =>
      demo.installAgent({
        ...reachable,
        agent: { ...reachable.agent, logLevel: 'warn' },
        weatherApi: { ...reachable.weatherApi, logLevel: 'warn' },
      }),
    )
    await annotate(counted(report))
    expectNoFailures(report)
  })

  it('while pods come and go: from one to three and back', async ({ annotate }) => {
    await scale(1)
    const report = await underLoad(async () => {
      await scale(3)
      await scale(1)
    })
    await annotate(counted(report))
    expectNoFailures(report)
  })

  it('while pods are deleted', async ({ annotate }) => {
    await scale(2)
    const report = await underLoad(async () => {
      for (const component of ['agent', 'weather-api']) {
        const [pod] = await demo.namespace.pods(component)
        await demo.namespace.kubectl('delete', 'pod', pod?.metadata.name ?? '')
      }
      await scale(2)
    })
    await annotate(counted(report))
    expectNoFailures(report)
  })
})
