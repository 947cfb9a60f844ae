import { beforeAll, describe, expect, it } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { Demo } from './support/demo.ts'
import { runIn } from './support/in-container.ts'
import type { Pod } from './support/kubernetes.ts'
import { Namespace } from './support/namespace.ts'
import { startOutsideWorld, startPod } from './support/pods.ts'

/** Addresses outside the cluster. While the test runs, the node routes them to one of its pods. */
const outsideAddresses = { metadata: '169.254.169.254', public: '203.0.113.10', private: '10.77.0.10' }

/** One replica opens connections, the other is a target of connections. */
const twoReplicas = { agent: { replicas: 2 } }
const listenScript = "(await import('node:net')).createServer(socket => socket.destroy()).listen(8080)"

const otherNamespace = await forFile(Namespace.create('boundary-elsewhere', 'privileged'))
const [demo] = await Promise.all([
  forFile(Demo.install('boundary', { agent: { ...twoReplicas, networkPolicy: { enabled: false } } })),
  startOutsideWorld(otherNamespace, { addresses: Object.values(outsideAddresses), ports: [80, 443] }),
  startPod(otherNamespace, { name: 'stranger', script: listenScript }),
])
const { namespace } = demo
await startPod(namespace, { name: 'stranger', script: listenScript })
await startPod(namespace, { name: 'impostor', script: listenScript })
const labelsOfTest = ['name=entra-bedrock-agent', 'instance=demo', 'component=test']
await namespace.kubectl('label', 'pod', 'impostor', ...labelsOfTest.map(own => `app.kubernetes.io/${own}`))
const [agent, otherAgent] = await namespace.pods('agent')
const weather = await namespace.pod('weather-api')
const source = (pod: string, container = pod, where = namespace) => ({ namespace: where, pod, container })
const agentSource = source(agent?.metadata.name ?? '', 'agent')
const service = (name: string, port: number) => `${name}.${namespace.name}:${port}`
const targets = {
  'weather API': service('demo-weather-api', 8080),
  page: `${otherAgent?.status.podIP}:3001`,
  metrics: `${otherAgent?.status.podIP}:9464`,
  sidecar: `${otherAgent?.status.podIP}:5000`,
  'Entra emulator': service('entra-emulator', demo.ports.entra),
  'Bedrock emulator': service('bedrock-emulator', 7002),
  'another service': `${(await otherNamespace.get<Pod>('pod', 'stranger')).status.podIP}:8080`,
  'public address, port 443': `${outsideAddresses.public}:443`,
  'public address, port 80': `${outsideAddresses.public}:80`,
  'private address, port 443': `${outsideAddresses.private}:443`,
  'metadata address, port 80': `${outsideAddresses.metadata}:80`,
  'API server': 'kubernetes.default.svc.cluster.local:443',
}

/** What pods that are not of the release reach: all targets that are not of it either. */
const others = [
  'DNS',
  ...Object.keys(targets).filter(target => !/^(weather API|page|metrics|sidecar)$/.test(target)),
]
/** The connections that the policies allow to each source. All others are refused, although they work without policies. */
// biome-ignore format: table
const sources = [
  ['agent', agentSource, ['DNS', 'weather API', 'Entra emulator', 'Bedrock emulator', 'public address, port 443']],
  ['weather API', source(weather.metadata.name, 'weather-api'), ['DNS', 'Entra emulator', 'public address, port 443']],
  ['a pod in the namespace', source('stranger'), others],
  ['a pod with the labels of the test of the release', source('impostor'), others],
  ['a pod in another namespace', source('stranger', 'stranger', otherNamespace), others],
] as const

/** What a source can reach: names that it can resolve, and targets that it can connect to within two seconds. */
async function reachableFrom({ namespace, pod, container }: typeof agentSource): Promise<string[]> {
  const script = `
    import { lookup } from 'node:dns/promises'
    import { connect } from 'node:net'
    const within = (ms, promise) => Promise.race([promise, new Promise(done => setTimeout(done, ms, false))])
    const reach = (host, port) => new Promise(done => {
      const socket = connect({ host, port }, () => done(true))
      socket.on('error', () => done(false))
    })
    const resolve = within(2_000, lookup('kubernetes.default.svc.cluster.local').then(() => true, () => false))
    const targets = ${JSON.stringify(Object.entries(targets))}
    const reached = await Promise.all(targets.map(([name, address]) => {
      const [, host, port] = /^(.*):(\\d+)$/.exec(address)
      return within(2_000, reach(host, Number(port))).then(ok => ok && name)
    }))
    result = [(await resolve) && 'DNS', ...reached].filter(Boolean)
  `
  return runIn(namespace, { pod, container, script })
}

describe('the boundary', () => {
  it('does not exist without policies: everything can be reached from everywhere', async () => {
    for (const [what, source] of sources)
      expect(await reachableFrom(source), what).toEqual(['DNS', ...Object.keys(targets)])
  })

  describe('with policies', () => {
    beforeAll(() => demo.installAgent(twoReplicas))

    it.each(sources)('lets “%s” reach only the allowed targets', async (_what, source, allowed) => {
      // Policies take effect on the node a moment after they were created.
      await expect
        .poll(async () => (await reachableFrom(source)).sort(), { timeout: 20_000 })
        .toEqual(allowed.toSorted())
    })

    it('still lets the agent use its sidecar', async () => {
      const script = "result = (await fetch('http://localhost:5000/healthz')).status"
      expect(await runIn(namespace, { ...agentSource, script })).toBe(200)
    })
  })
})
