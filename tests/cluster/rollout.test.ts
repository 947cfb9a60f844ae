import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Demo } from './support/demo.ts'
import { Load, type LoadReport } from './support/load.ts'

const agentValues = {
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
    agent: agentValues,
    emulators: { bedrock: { firstTokenMs: 250, tokenDelayMs: 15 } },
  })
})
afterAll(() => demo?.[Symbol.asyncDispose]())

/** Sends turns all the time while something happens to the pods. */
async function runUnderLoad(event: () => Promise<void>): Promise<LoadReport> {
  const load = await Load.start(demo.namespace)
  await event()
  return load.stop()
}

function expectNoFailures(report: LoadReport): void {
  for (const [kind, { requests, failures }] of Object.entries(report)) {
    expect(failures, kind).toEqual([])
    expect(requests, kind).toBeGreaterThan(5)
  }
}

/** The number of requests, for the test's report. */
function requestCounts(report: LoadReport): string {
  return Object.entries(report)
    .map(([kind, { requests, failures }]) => `${kind}: ${requests} requests, ${failures.length} failed`)
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
    const report = await runUnderLoad(() =>
      demo.installAgent({
        ...agentValues,
        agent: { ...agentValues.agent, logLevel: 'warn' },
        weatherApi: { ...agentValues.weatherApi, logLevel: 'warn' },
      }),
    )
    await annotate(requestCounts(report))
    expectNoFailures(report)
  })

  it('while pods come and go: from one to three and back', async ({ annotate }) => {
    await scale(1)
    const report = await runUnderLoad(async () => {
      await scale(3)
      await scale(1)
    })
    await annotate(requestCounts(report))
    expectNoFailures(report)
  })

  it('while pods are deleted', async ({ annotate }) => {
    await scale(2)
    const report = await runUnderLoad(async () => {
      for (const component of ['agent', 'weather-api']) {
        const [pod] = await demo.namespace.pods(component)
        await demo.namespace.kubectl('delete', 'pod', pod?.metadata.name ?? '')
      }
      await scale(2)
    })
    await annotate(requestCounts(report))
    expectNoFailures(report)
  })
})
