import { describe, expect, it } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { identities } from '../support/identities.ts'
import { ask } from './support/chat.ts'
import { agentChart, Demo, weatherTools } from './support/demo.ts'
import { runIn } from './support/in-container.ts'
import { type ConfigMap, type Pod, statusOf } from './support/kubernetes.ts'

const { agentId, traineeAgentId } = identities
const user = 'who-may-write-config-maps'
const values = { preStopSleepSeconds: 1, mcpServers: weatherTools() }
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

const demo = await forFile(Demo.install('config-maps', { agent: values }))
const { namespace } = demo
const verbs = '--verb=get,list,watch,create,update,patch,delete,deletecollection'
await namespace.kubectl('create', 'role', user, verbs, '--resource=configmaps')
await namespace.kubectl('create', 'rolebinding', user, `--role=${user}`, `--user=${user}`)

const asUser = (...args: readonly string[]) => namespace.kubectl(...args, '--as', user)

/** Replaces the only pod of a component by a new one. */
async function replacePod(component: string): Promise<void> {
  const { metadata } = await namespace.pod(component)
  await namespace.kubectl('delete', 'pod', metadata.name, '--wait=false')
  await untilOnePod(component)
}

async function untilOnePod(component: string): Promise<void> {
  await expect.poll(async () => (await namespace.pods(component)).length, { timeout: 30_000 }).toBe(1)
}

/**
 * Stops the agent's only pod, and starts another after `meanwhile`. Until a node's last pod with an immutable ConfigMap is gone, the
 * kubelet gives new ones what it has cached.
 */
async function restartAgent(meanwhile: () => Promise<void>): Promise<Pod> {
  const { metadata } = await namespace.pod('agent')
  await demo.scale('agent', 0)
  await namespace.waitFor('delete', `pod/${metadata.name}`)
  await meanwhile()
  await demo.scale('agent', 1)
  await untilOnePod('agent')
  return namespace.pod('agent')
}

async function statusOfTurn(): Promise<number> {
  await demo.awaitRollout('agent')
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
  return namespace.get<ConfigMap>('configmap', name)
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
    await demo.awaitRollout('weather-api')
    expect(await statusOfTurn()).toBe(200)
    expect(await read()).toEqual(before)
  })

  it('cannot have the agent start with other files than those of the release, and its log says why', async () => {
    const pod = await namespace.pod('agent')
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
    const log = () => namespace.kubectl('logs', metadata.name, '-c', 'agent').catch(() => '')
    // The container restarts meanwhile, and its log is empty at first.
    for (const words of [
      'is not the file that was deployed',
      '- /etc/agents/agents.json (',
      '- /etc/mcp/mcp.json (',
    ])
      await expect.poll(log, { timeout: 60_000 }).toContain(words)
    expect(statusOf(await namespace.pod('agent'), 'agent')).toMatchObject({ ready: false })
    // What the log says helps.
    await restartAgent(async () => {
      await namespace.kubectl('delete', 'configmap', ...replaced.map(({ name }) => name))
    })
    await demo.installAgent(values)
    expect(await statusOfTurn()).toBe(200)
  })
})

describe('A release whose agents change', { timeout: 180_000 }, () => {
  it('keeps its old pods going while no new one starts, and is as before after a rollback', async () => {
    const old = await namespace.pod('agent')
    const { metadata } = await mountedBy(old, 'agents')
    const change = ['--set', 'agents.trainee.title=Another title,agent.nodeSelector.no=such-node']
    await demo.helm('upgrade', agentChart, '--reuse-values', ...change)
    await expect(namespace.get('configmap', metadata.name)).rejects.toThrow('NotFound')
    const end = { pod: old.metadata.name, container: 'agent', script: "process.kill(1, 'SIGTERM')" }
    await runIn(namespace, end)
    const status = async () => statusOf(await namespace.get<Pod>('pod', old.metadata.name), 'agent')
    await expect.poll(status, { timeout: 60_000 }).toMatchObject({ restartCount: 1, ready: true })
    await demo.helm('rollback', '--wait', '--timeout', '60s')
    await replacePod('agent')
    expect(await statusOfTurn()).toBe(200)
  })

  it('is replaced pod by pod, even if an old pod is deleted meanwhile', async () => {
    const old = await namespace.pod('agent')
    const upgrade = demo.installAgent({ ...values, agents: { trainee: { title: 'Another title' } } })
    await namespace.kubectl('delete', 'pod', old.metadata.name, '--wait=false')
    await upgrade
    const { data } = await mountedBy(await namespace.pod('agent'), 'agents')
    expect(data['agents.json']).toContain('Another title')
    expect(await statusOfTurn()).toBe(200)
  })
})
