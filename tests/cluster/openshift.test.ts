// OpenShift's SCC restricted-v2, as admission policies do the same on any cluster.
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { ask } from './support/chat.ts'
import { kubectl } from './support/command.ts'
import { agentChart, Demo } from './support/demo.ts'
import type { KubernetesObject, Pod } from './support/kubernetes.ts'
import { enforceConstraint, firstId } from './support/security-context-constraint.ts'

interface Deployment extends KubernetesObject {
  readonly spec: { readonly template: { readonly metadata: object; readonly spec: Pod['spec'] } }
}

const demo = await forFile(Demo.create('openshift'))
const { namespace } = demo
// So that the policies alone judge.
const privileged = 'pod-security.kubernetes.io/enforce=privileged'
await kubectl(['label', 'namespace', namespace.name, '--overwrite', privileged])
await demo.installEmulators()
await forFile(enforceConstraint(namespace))
// This cluster's names are resolved as on most clusters.
const file = ['--values', join(agentChart, 'values-openshift.yaml')]
await demo.installAgent({ networkPolicy: { dns: 'kubeDns' } }, ...file)

/** The complaint about a pod like the agent's, with changes; empty if it would be accepted. */
async function complaintAbout(changes: object): Promise<string> {
  const { template } = (await namespace.get<Deployment>('deployment', 'demo-agent')).spec
  const metadata = { ...template.metadata, name: 'other' }
  const spec = { ...template.spec, ...changes }
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec })
  const create = ['-n', namespace.name, 'create', '--dry-run=server', '-f', '-']
  return kubectl(create, { input }).then(
    () => '',
    (error: Error) => error.message,
  )
}

describe('Under the demands of SCC restricted-v2', () => {
  const accepted = { runAsNonRoot: true, runAsUser: firstId, fsGroup: firstId }
  const strict = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }
  const onlyContainer = (securityContext: object) => ({
    initContainers: [],
    containers: [{ name: 'other', image: 'other', securityContext }],
  })
  const hostFolder = { name: 'host', hostPath: { path: '/' } }

  it.each([
    ['the images’ own user id', 'runAsUser', { securityContext: { ...accepted, runAsUser: 10001 } }],
    ['a group for volumes', 'fsGroup', { securityContext: { ...accepted, fsGroup: 10001 } }],
    ['root', 'runAsUser', onlyContainer({ ...strict, runAsUser: 0 })],
    ['a privileged container', 'privileged', onlyContainer({ privileged: true })],
    ['capabilities', 'capabilities are not dropped', onlyContainer({ allowPrivilegeEscalation: false })],
    ['no seccomp profile', 'seccomp', { ...onlyContainer(strict), securityContext: accepted }],
    ['the host’s network', 'host', { hostNetwork: true }],
    ['a folder of the host', 'volume', { ...onlyContainer(strict), volumes: [hostFolder] }],
  ])('a pod with %s is refused', async (_what, complaint, changes) => {
    const refused = expect.poll(() => complaintAbout(changes), { timeout: 20_000 })
    await refused.toMatch(new RegExp(`denied request: .*${complaint}`))
  })

  it('the pods of values-openshift.yaml are accepted, and run as a user of the namespace with group 0', async () => {
    expect(await complaintAbout({})).toBe('')
    const script = 'result = [process.getuid(), process.getgid()]'
    for (const [component, name] of [
      ['agent', 'agent'],
      ['agent', 'sidecar'],
      ['weather-api', 'weather-api'],
    ] as const)
      expect([name, await demo.runIn(component, name, script)]).toEqual([name, [firstId, 0]])
  })

  it.each(['direct', 'bedrock'] as const)('a turn is answered: %s', async mode => {
    const { status, body } = await ask(await demo.agentUrl(), { mode })
    expect([status, body.answer]).toEqual([200, expect.stringContaining('Dallas')])
  })

  it('the release passes its own test', async () => {
    expect(await demo.helm('test')).toMatch(/Phase:\s+Succeeded/)
  })
})
