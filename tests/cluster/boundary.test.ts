import { beforeAll, describe, expect, it } from 'vitest'
import { Demo } from './support/demo.ts'
import { runIn } from './support/in-container.ts'
import { Namespace } from './support/namespace.ts'
import { startOutsideWorld, startPod } from './support/pods.ts'
import { useResources } from './support/resources.ts'

/** Addresses outside the cluster. While the test runs, the node routes them to one of its pods. */
const outsideAddresses = { metadata: '169.254.169.254', public: '203.0.113.10', private: '10.77.0.10' }

/** One replica opens connections, the other is a target of connections. */
const twoReplicas = { agent: { replicas: 2 } }

interface Source {
  readonly namespace: Namespace
  readonly pod: string
  readonly container: string
}

/** The connections that the policies allow. All others are refused, although they work without policies. */
const allowed = {
  agent: ['DNS', 'weather API', 'Entra emulator', 'Bedrock emulator', 'public address, port 443'],
  'weather API': ['DNS', 'Entra emulator', 'public address, port 443'],
  'a pod in the namespace': targetsOfOtherPods(),
  'a pod with the labels of the test of the release': targetsOfOtherPods(),
  'a pod in another namespace': targetsOfOtherPods(),
}

function targetsOfOtherPods(): string[] {
  return [
    'DNS',
    'Entra emulator',
    'Bedrock emulator',
    'public address, port 443',
    'public address, port 80',
    'private address, port 443',
    'metadata address, port 80',
    'another service',
    'API server',
  ]
}

const resources = useResources()
let demo: Demo
let otherNamespace: Namespace
let sources: Readonly<Record<string, Source>>
let targets: Readonly<Record<string, string>>

beforeAll(async () => {
  otherNamespace = resources.use(await Namespace.create('boundary-elsewhere', 'privileged'))
  const [installed] = await Promise.all([
    Demo.install('boundary', { agent: { ...twoReplicas, networkPolicy: { enabled: false } } }),
    startOutsideWorld(otherNamespace, { addresses: Object.values(outsideAddresses), ports: [80, 443] }),
    startPod(otherNamespace, { name: 'stranger', script: listenScript }),
  ])
  demo = resources.use(installed)
  const { namespace } = demo
  await startPod(namespace, { name: 'stranger', script: listenScript })
  await startPod(namespace, { name: 'impostor', script: listenScript })
  await namespace.kubectl('label', 'pod', 'impostor', ...labelsOfTest)
  const [agent, otherAgent] = await namespace.pods('agent')
  const weather = await namespace.pod('weather-api')
  const service = (name: string, port: number) => `${name}.${namespace.name}:${port}`
  sources = {
    agent: { namespace, pod: agent?.metadata.name ?? '', container: 'agent' },
    'weather API': { namespace, pod: weather.metadata.name, container: 'weather-api' },
    'a pod in the namespace': { namespace, pod: 'stranger', container: 'stranger' },
    'a pod with the labels of the test of the release': { namespace, pod: 'impostor', container: 'impostor' },
    'a pod in another namespace': { namespace: otherNamespace, pod: 'stranger', container: 'stranger' },
  }
  targets = {
    'weather API': service('demo-weather-api', 8080),
    page: `${otherAgent?.status.podIP}:3001`,
    metrics: `${otherAgent?.status.podIP}:9464`,
    sidecar: `${otherAgent?.status.podIP}:5000`,
    'Entra emulator': service('entra-emulator', demo.ports.entra),
    'Bedrock emulator': service('bedrock-emulator', 7002),
    'another service': `${(await otherNamespace.get<StrangerPod>('pod', 'stranger')).status.podIP}:8080`,
    'public address, port 443': `${outsideAddresses.public}:443`,
    'public address, port 80': `${outsideAddresses.public}:80`,
    'private address, port 443': `${outsideAddresses.private}:443`,
    'metadata address, port 80': `${outsideAddresses.metadata}:80`,
    'API server': 'kubernetes.default.svc.cluster.local:443',
  }
})

const labelsOfTest = ['name=entra-bedrock-agent', 'instance=demo', 'component=test'].map(
  label => `app.kubernetes.io/${label}`,
)

type StrangerPod = Awaited<ReturnType<Namespace['pod']>>

const listenScript = "(await import('node:net')).createServer(socket => socket.destroy()).listen(8080)"

/** What a source can reach: names that it can resolve, and targets that it can connect to within two seconds. */
async function reachableFrom({ namespace, pod, container }: Source): Promise<string[]> {
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
    for (const [name, source] of Object.entries(sources)) {
      expect(await reachableFrom(source), name).toEqual(['DNS', ...Object.keys(targets)])
    }
  })

  describe('with policies', () => {
    beforeAll(() => demo.installAgent(twoReplicas))

    it.each(Object.entries(allowed))('lets “%s” reach only the allowed targets', async (name, reachable) => {
      const source = sources[name]
      if (!source) throw new Error(`There is no ${name}.`)
      // Policies take effect on the node a moment after they were created.
      await expect
        .poll(async () => (await reachableFrom(source)).sort(), { timeout: 20_000 })
        .toEqual(reachable.toSorted())
    })

    it('still lets the agent use its sidecar', async () => {
      const source = sources['agent']
      if (!source) throw new Error('There is no agent.')
      const script = "result = (await fetch('http://localhost:5000/healthz')).status"
      expect(await runIn(source.namespace, { ...source, script })).toBe(200)
    })
  })
})
