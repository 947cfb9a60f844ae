import { beforeAll, describe, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { ask } from './support/chat.ts'
import { helm } from './support/command.ts'
import { agentChart, Demo } from './support/demo.ts'
import { runIn } from './support/in-container.ts'
import type { ConfigMap, Pod } from './support/kubernetes.ts'
import { useResources } from './support/resources.ts'

const { agentId, traineeAgentId, weatherAppId } = identities
const user = 'who-may-write-config-maps'
const values = {
  preStopSleepSeconds: 1,
  mcpServers: {
    'weather-tools': {
      url: 'http://demo-weather-api:8080/mcp',
      appId: weatherAppId,
      downstreamApi: 'weather',
      allowedTools: ['get_weather'],
      readOnlyTools: ['get_weather'],
    },
  },
}
/** What an intruder would change. */
const settings = {
  NODE_OPTIONS: '--import=data:text/javascript,console.log("intruder")',
  ENTRA_AUTHORITY: 'https://intruder.example',
  AzureAd__Instance: 'https://intruder.example/',
  SIDECAR_URL: 'https://intruder.example',
  WEATHER_API_URL: 'https://intruder.example',
  HTTPS_PROXY: 'http://intruder.example:3128',
  AGENTS_CONFIG_SHA256: '',
}

const resources = useResources()
let demo: Demo

beforeAll(async () => {
  demo = resources.use(await Demo.install('config-maps', { agent: values }))
  const { namespace } = demo
  const verbs = '--verb=get,list,watch,create,update,patch,delete,deletecollection'
  await namespace.kubectl('create', 'role', user, verbs, '--resource=configmaps')
  await namespace.kubectl('create', 'rolebinding', user, `--role=${user}`, `--user=${user}`)
})

const asUser = (...args: readonly string[]) => demo.namespace.kubectl(...args, '--as', user)

/** Replaces the only pod of a component by a new one, and returns the new one. */
async function replacePod(component: string): Promise<Pod> {
  const { metadata } = await demo.namespace.pod(component)
  await demo.namespace.kubectl('delete', 'pod', metadata.name, '--wait=false')
  await expect.poll(async () => (await demo.namespace.pods(component)).length, { timeout: 30_000 }).toBe(1)
  return demo.namespace.pod(component)
}

/**
 * Stops the agent's only pod, and starts another after `meanwhile`. Until a node's last pod with an immutable ConfigMap is gone, the
 * kubelet gives new ones what it has cached.
 */
async function restartAgent(meanwhile: () => Promise<void>): Promise<Pod> {
  const { metadata } = await demo.namespace.pod('agent')
  await demo.namespace.kubectl('scale', 'deployment/demo-agent', '--replicas=0')
  await demo.namespace.waitFor('delete', `pod/${metadata.name}`)
  await meanwhile()
  await demo.namespace.kubectl('scale', 'deployment/demo-agent', '--replicas=1')
  await expect.poll(async () => (await demo.namespace.pods('agent')).length, { timeout: 30_000 }).toBe(1)
  return demo.namespace.pod('agent')
}

async function statusOfTurn(): Promise<number> {
  await demo.namespace.kubectl('rollout', 'status', 'deployment/demo-agent', '--timeout=60s')
  await demo.closeForwards()
  return (await ask(await demo.agentUrl())).status
}

async function environmentOf(component: string, container: string) {
  const seen = await demo.runIn<NodeJS.ProcessEnv>(component, container, 'result = process.env')
  return { ...seen, HOSTNAME: '' }
}

/** The ConfigMap that a pod mounts as this volume. */
async function mountedBy({ spec }: Pod, volume: string): Promise<ConfigMap> {
  const name = spec.volumes?.find(({ name }) => name === volume)?.configMap?.name ?? ''
  return demo.namespace.get<ConfigMap>('configmap', name)
}

describe('Whoever may do anything with ConfigMaps, and nothing else', { timeout: 120_000 }, () => {
  it('cannot change a setting of any container', async () => {
    await expect(asUser('get', 'deployments')).rejects.toThrow('Forbidden')
    const containers = [
      ['agent', 'agent'],
      ['agent', 'sidecar'],
      ['weather-api', 'weather-api'],
    ] as const
    const read = () => Promise.all(containers.map(([pod, container]) => environmentOf(pod, container)))
    const before = await read()
    const literals = Object.entries(settings).map(([name, value]) => `--from-literal=${name}=${value}`)
    for (const name of ['demo-agent', 'demo-sidecar', 'demo-weather-api'])
      await asUser('create', 'configmap', name, ...literals)
    for (const component of ['agent', 'weather-api']) await replacePod(component)
    await demo.namespace.kubectl('rollout', 'status', 'deployment/demo-weather-api', '--timeout=60s')
    expect(await statusOfTurn()).toBe(200)
    expect(await read()).toEqual(before)
  })

  it('cannot have the agent start with other files than those of the release, and its log says why', async () => {
    const pod = await demo.namespace.pod('agent')
    const mounted = await Promise.all(['agents', 'mcp'].map(volume => mountedBy(pod, volume)))
    const replaced = mounted.map(({ metadata, data }) => ({
      name: metadata.name,
      data: Object.fromEntries(
        Object.entries(data).map(([file, text]) => [
          file,
          text.replace(agentId, traineeAgentId).replace('http://demo-weather-api:8080', 'https://x.example'),
        ]),
      ),
    }))
    for (const { name, data } of replaced)
      await expect(asUser('patch', 'configmap', name, '-p', JSON.stringify({ data }))).rejects.toThrow(
        'immutable',
      )
    const { metadata } = await restartAgent(async () => {
      for (const { name, data } of replaced) {
        const literals = Object.entries(data).map(([file, text]) => `--from-literal=${file}=${text}`)
        await asUser('delete', 'configmap', name)
        await asUser('create', 'configmap', name, ...literals)
      }
    })
    const log = () => demo.namespace.kubectl('logs', metadata.name, '-c', 'agent').catch(() => '')
    // The container restarts meanwhile, and its log is empty at first.
    for (const words of [
      'is not the file that was deployed',
      '- /etc/agents/agents.json (',
      '- /etc/mcp/mcp.json (',
    ])
      await expect.poll(log, { timeout: 60_000 }).toContain(words)
    const { status } = await demo.namespace.pod('agent')
    expect(status.containerStatuses).toMatchObject([{ ready: false }])
    // What the log says helps.
    await restartAgent(async () => {
      await demo.namespace.kubectl('delete', 'configmap', ...replaced.map(({ name }) => name))
    })
    await demo.installAgent(values)
    expect(await statusOfTurn()).toBe(200)
  })
})

describe('A release whose agents change', { timeout: 180_000 }, () => {
  it('keeps its old pods going while no new one starts, and is as before after a rollback', async () => {
    const { namespace } = demo
    const old = await namespace.pod('agent')
    const { metadata } = await mountedBy(old, 'agents')
    const change = ['--set', 'agents.trainee.title=Another title,agent.nodeSelector.no=such-node']
    await helm(['upgrade', 'demo', agentChart, '-n', namespace.name, '--reuse-values', ...change])
    await expect(namespace.get('configmap', metadata.name)).rejects.toThrow('NotFound')
    const end = { pod: old.metadata.name, container: 'agent', script: "process.kill(1, 'SIGTERM')" }
    await runIn(namespace, end)
    const restarts = async () =>
      (await namespace.get<Pod>('pod', old.metadata.name)).status.containerStatuses?.[0]
    await expect.poll(restarts, { timeout: 60_000 }).toMatchObject({ restartCount: 1, ready: true })
    await helm(['rollback', 'demo', '-n', namespace.name, '--wait', '--timeout', '60s'])
    await replacePod('agent')
    expect(await statusOfTurn()).toBe(200)
  })

  it('is replaced pod by pod, even if an old pod is deleted meanwhile', async () => {
    const old = await demo.namespace.pod('agent')
    const upgrade = demo.installAgent({ ...values, agents: { trainee: { title: 'Another title' } } })
    await demo.namespace.kubectl('delete', 'pod', old.metadata.name, '--wait=false')
    await upgrade
    expect((await mountedBy(await demo.namespace.pod('agent'), 'agents')).data['agents.json']).toContain(
      'Another title',
    )
    expect(await statusOfTurn()).toBe(200)
  })
})
