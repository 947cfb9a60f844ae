import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { clouds, manifestsFile, renderManifests } from '../../scripts/manifests.ts'
import { needs } from '../support/programs.ts'
import { podSecurityRefusals } from './support/pod-security.ts'
import { chart, containersOf, helmCommands, render, renderText, run } from './support/render.ts'
import { schemaLocation } from './support/schemas.ts'
import { variants } from './support/variants.ts'

needs('helm')

// Kinds of custom resources, which kubeconform skips here. Other tests compare these objects in full.
const customKinds = 'HTTPRoute,PrometheusRule,ServiceMonitor'

/** The faults that kubeconform finds in manifests, unknown fields included. */
async function complaints(manifests: string, version: string): Promise<string> {
  const args = [
    '-strict',
    '-summary',
    '-skip',
    customKinds,
    '-schema-location',
    await schemaLocation(),
    '-kubernetes-version',
    version,
  ]
  return run('kubeconform', args, manifests).then(
    () => '',
    error => error.message,
  )
}

describe.each(Object.entries(variants))('the chart with %s', (_name, options) => {
  it('makes only pods that Pod Security "restricted" lets in', async () => {
    const { pods } = await render(options)
    expect(pods.size).toBeGreaterThan(0)
    for (const [name, pod] of pods) expect([name, podSecurityRefusals(pod)]).toEqual([name, []])
  })

  it('makes pods with a read-only file system, without privileges and without access to the API server', async () => {
    for (const pod of (await render(options)).pods.values()) {
      expect(pod.spec.automountServiceAccountToken).toBe(false)
      for (const { securityContext, resources } of containersOf(pod)) {
        expect(securityContext).toMatchObject({
          readOnlyRootFilesystem: true,
          runAsUser: 10001,
          runAsGroup: 10001,
        })
        expect(Object.keys(resources?.requests ?? {}).sort()).toEqual(['cpu', 'ephemeral-storage', 'memory'])
        expect(Object.keys(resources?.limits ?? {}).sort()).toEqual(['cpu', 'ephemeral-storage', 'memory'])
      }
    }
  })

  it('gives every object its own name and the labels of the release', async () => {
    const { objects } = await render(options)
    const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    expect(names).toEqual([...new Set(names)])
    for (const { metadata } of objects) {
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'entra-bedrock-agent',
        'app.kubernetes.io/instance': 'demo',
        'app.kubernetes.io/component': expect.stringMatching(/^(agent|weather-api|test)$/),
      })
    }
  })

  it('has no hooks but those of helm test, so that GitOps tools install all that it needs', async () => {
    const hooked = (await render(options)).objects.filter(
      ({ metadata }) => metadata.annotations?.['helm.sh/hook'],
    )
    expect(hooked.length).toBeGreaterThan(0)
    for (const { metadata } of hooked) expect(metadata.annotations?.['helm.sh/hook']).toBe('test')
  })
})

describe.each(['1.33.0', '1.37.0'])('Kubernetes %s', version => {
  needs('kubeconform')
  needs('python')

  it('knows every field of every manifest, and of the Roles of the kill switch', async () => {
    const guide = readFileSync(resolve(import.meta.dirname, '../../docs/kill-switch.md'), 'utf8')
    const roles = /^```yaml\n(.*?)^```/ms.exec(guide)?.[1] ?? ''
    expect(roles).toContain('kind: RoleBinding')
    const manifests = [roles, ...(await Promise.all(Object.values(variants).map(renderText)))]
    expect(await complaints(manifests.join('\n---\n'), version)).toBe('')
  })
})

describe('The checks of manifests', () => {
  needs('kubeconform')
  needs('python')

  const deployment = async () =>
    (await render({ files: ['ci/default-values.yaml'] })).find('Deployment', 'demo-agent')

  it('notice a field that Kubernetes does not know', async () => {
    const manifest = JSON.stringify({ ...(await deployment()), readynessProbe: {} })
    expect(await complaints(manifest, '1.37.0')).toContain('readynessProbe')
  })

  it('notice a field of the wrong type', async () => {
    const { spec, ...rest } = await deployment()
    const manifest = JSON.stringify({ ...rest, spec: { ...Object(spec), replicas: 'two' } })
    expect(await complaints(manifest, '1.37.0')).toContain('replicas')
  })
})

describe('The check of Pod Security', () => {
  it('notices what Pod Security refuses', () => {
    const securityContext = { capabilities: { add: ['NET_ADMIN'] }, runAsUser: 0, privileged: true }
    const pod = {
      metadata: { labels: {} },
      spec: {
        hostNetwork: true,
        containers: [{ name: 'a', image: 'b', securityContext }],
        volumes: [{ name: 'v', hostPath: { path: '/' } }],
      },
    }
    expect(podSecurityRefusals(pod)).toEqual([
      'hostNetwork',
      'volume v: hostPath',
      'a: privileged',
      'a: allowPrivilegeEscalation',
      'a: capabilities.drop',
      'a: capabilities.add',
      'a: runAsNonRoot',
      'a: runAsUser',
      'a: seccompProfile',
    ])
  })
})

describe('A rendering', () => {
  it('is the same each time, so that GitOps tools see a change only if something changed', async () => {
    const args = ['template', 'demo', chart, '--values', `${chart}/ci/everything-values.yaml`]
    const helm = helmCommands[0] ?? 'helm'
    expect(await run(helm, args)).toBe(await run(helm, args))
  })
})

describe.each(clouds)('the manifests for users without Helm on %s', cloud => {
  it('are what the chart renders (make manifests)', () => {
    expect(readFileSync(manifestsFile(cloud), 'utf8')).toBe(renderManifests(cloud))
  })
})
