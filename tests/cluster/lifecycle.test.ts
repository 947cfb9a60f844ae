import { describe, expect, it } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { ask } from './support/chat.ts'
import { kubectl } from './support/command.ts'
import { Demo } from './support/demo.ts'

const blueprintSecret = 'the-blueprint-secret-of-this-test'
const bedrockKey = 'emulated-bedrock-api-key'

const demo = await forFile(Demo.create('lifecycle'))
await demo.installEmulators()
/** The objects of the namespace before the agent's chart is installed. */
const objectsBefore = await listObjects()
await demo.installAgent()

/** The objects of the namespace by kind and name, without those that Kubernetes itself makes. */
async function listObjects(): Promise<readonly string[]> {
  const kinds = await kubectl(['api-resources', '--namespaced', '--verbs=list', '-o', 'name'])
  // Kubernetes makes and removes these objects itself, some of them later than their owners.
  const transient =
    /^(events|endpoints|endpointslices|pods|replicasets|controllerrevisions|leases|pod(metrics)?)\b/
  const wanted = kinds.split('\n').filter(kind => kind !== '' && !transient.test(kind))
  const listed = await demo.namespace.kubectl('get', wanted.join(','), '-o', 'name')
  const isOurs = (name: string) => !name.includes('/sh.helm.release.v1.emulators.')
  return listed.trim().split('\n').filter(isOurs).sort()
}

async function askForStatus(): Promise<number> {
  await demo.closeForwards()
  return (await ask(await demo.agentUrl())).status
}

async function readLogLevel(): Promise<string | undefined> {
  const { spec } = await demo.namespace.pod('agent')
  const [agent] = spec.containers
  return agent?.env?.find(({ name }) => name === 'LOG_LEVEL')?.value
}

describe('the release', () => {
  it('passes its own test, which leaves nothing behind', async () => {
    const before = await listObjects()
    expect(await demo.helm('test')).toMatch(/Phase:\s+Succeeded/)
    expect(await listObjects()).toEqual(before)
  })

  it.each([
    ['agent', 'agent', [3001, 5000, 9464]],
    ['weather-api', 'weather-api', [8080, 9464]],
  ] as const)('listens on IPv4 and IPv6: pod of %s', async (component, container, ports) => {
    // In the pod's own network, since the cluster may have addresses of one family only.
    const script = `
      import { connect } from 'node:net'
      const open = (host, port) => new Promise(done => {
        connect({ host, port }).on('connect', () => done(true)).on('error', () => done(false))
      })
      result = await Promise.all(${JSON.stringify(ports)}.flatMap(port => [open('127.0.0.1', port), open('::1', port)]))`
    expect(await demo.runIn(component, container, script)).toEqual(ports.flatMap(() => [true, true]))
  })

  it('is upgraded and rolled back', async () => {
    await demo.installAgent({ agent: { logLevel: 'debug' } })
    expect(await readLogLevel()).toBe('debug')
    expect(await askForStatus()).toBe(200)
    await demo.helm('rollback', '1', '--wait')
    expect(await readLogLevel()).toBe('info')
    expect(await askForStatus()).toBe(200)
  })

  it('shows secrets in Secrets only: in no other object and in no log', async () => {
    const { namespace } = demo
    await namespace.createSecret('blueprint', { BLUEPRINT_CLIENT_SECRET: blueprintSecret })
    await namespace.createSecret('bedrock', { AWS_BEARER_TOKEN_BEDROCK: bedrockKey })
    await demo.installEmulators({ entra: { blueprintSecretName: 'blueprint' } })
    await demo.installAgent({
      sidecar: { credential: { type: 'ClientSecret', clientSecret: { existingSecret: 'blueprint' } } },
      aws: { auth: 'apiKey', roleArn: '', existingSecret: 'bedrock' },
    })
    await demo.closeForwards()
    const { status } = await ask(await demo.agentUrl(), { mode: 'bedrock' })
    expect(status).toBe(200)
    const shown = await namespace.kubectl('get', 'pods,deployments,replicasets,configmaps,events', '-o=json')
    const release = ['-l', 'app.kubernetes.io/instance=demo']
    const logs = await namespace.kubectl('logs', ...release, '--all-containers', '--tail=-1')
    for (const secret of [blueprintSecret, bedrockKey]) {
      expect(shown).not.toContain(secret)
      expect(logs).not.toContain(secret)
    }
  })

  it('leaves nothing behind when it is uninstalled', async () => {
    await demo.namespace.kubectl('delete', 'secret', 'blueprint', 'bedrock', '--ignore-not-found')
    await demo.helm('uninstall', '--wait')
    expect(await listObjects()).toEqual(objectsBefore)
  })
})
