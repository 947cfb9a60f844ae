// Rules that hold for whatever values: promises of docs/security-model.md, and what Kubernetes demands. Golden texts of the same
// variants are here too, so that each is rendered once.
import { describe, expect, it } from 'vitest'
import type { LabelSelector, Labels, PodTemplate } from '../support/kubernetes.ts'
import { needs } from '../support/programs.ts'
import { describeChanges } from './support/changes.ts'
import { list, printListing } from './support/listing.ts'
import { podSecurityRefusals } from './support/pod-security.ts'
import { containersOf, merge, render, renderWith } from './support/render.ts'
import { variants, withAwsAuth, withCredential } from './support/variants.ts'

needs('helm')

/** Secrets that a pod uses, without those for pulling images. */
function secretsOf(pod: PodTemplate): readonly string[] {
  const ofContainers = containersOf(pod).flatMap(({ env = [], envFrom = [] }) => [
    ...env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? []),
    ...envFrom.flatMap(({ secretRef }) => secretRef?.name ?? []),
  ])
  return [...ofContainers, ...(pod.spec.volumes ?? []).flatMap(({ secret }) => secret?.secretName ?? [])]
}

function selectorOf(kind: string, spec: unknown): Labels | undefined {
  const { selector, podSelector } = Object(spec) as { selector?: LabelSelector; podSelector?: LabelSelector }
  return kind === 'Service' ? (selector as Labels) : (podSelector ?? selector)?.matchLabels
}

describe.each(Object.entries(variants))('With %s', (_name, options) => {
  it('Pod Security "restricted" refuses no pod', async () => {
    const { pods } = await render(options)
    expect(pods.size).toBeGreaterThan(0)
    for (const [name, pod] of pods) expect([name, podSecurityRefusals(pod)]).toEqual([name, []])
  })

  it('containers cannot write, are no root, have limits, and get no access to the API server', async () => {
    const { pods, containers, objects } = await render(options)
    for (const { spec } of pods.values()) expect(spec.automountServiceAccountToken).toBe(false)
    expect(objects.filter(({ apiVersion }) => apiVersion.startsWith('rbac.'))).toEqual([])
    const resources = ['cpu', 'ephemeral-storage', 'memory']
    for (const { securityContext, resources: { requests = {}, limits = {} } = {} } of containers) {
      expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true, runAsNonRoot: true })
      expect([Object.keys(requests).sort(), Object.keys(limits).sort()]).toEqual([resources, resources])
    }
  })

  it('no secret stands in a plain variable or ConfigMap', async () => {
    const rendering = await render(options)
    const plain = rendering.containers
      .flatMap(({ env = [] }) => env)
      .filter(({ value }) => value !== undefined)
    const maps = rendering.ofKind('ConfigMap').flatMap(({ data = {} }) => Object.keys(data))
    const names = [...plain.map(({ name }) => name), ...maps]
    const secret = /secret$|secret_|password|access_key|bearer|session_token|headers/i
    expect(names.filter(name => secret.test(name))).toEqual([])
  })

  it('no variable stands twice in a container, and each stands after those that it refers to', async () => {
    for (const { env = [] } of (await render(options)).containers) {
      const names = env.map(({ name }) => name)
      expect(names).toEqual([...new Set(names)])
      const early = env.flatMap(({ value = '' }, index) =>
        [...value.matchAll(/(?<!\$)\$\((\w+)\)/g)].filter(
          ([, name = '']) => !names.slice(0, index).includes(name),
        ),
      )
      expect(early).toEqual([])
    }
  })

  it('every object has its own name and the labels of the release, and no hooks but those of helm test', async () => {
    const { objects } = await render(options)
    const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    expect(names).toEqual([...new Set(names)])
    for (const { metadata } of objects) {
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'entra-bedrock-agent',
        'app.kubernetes.io/instance': 'demo',
        'app.kubernetes.io/component': expect.stringMatching(/^(agent|weather-api|test)$/),
      })
      expect(metadata.annotations?.['helm.sh/hook'] ?? 'test').toBe('test')
    }
  })

  it('every selector finds the pods of one workload', async () => {
    const { objects, pods } = await render(options)
    const labels = [...pods.values()].map(({ metadata }) => metadata.labels)
    for (const { kind, metadata, spec } of objects) {
      const wanted = Object.entries(selectorOf(kind, spec) ?? {})
      if (wanted.length === 0 || kind === 'ServiceMonitor') continue
      const found = labels.filter(own => wanted.every(([key, value]) => own[key] === value))
      expect([kind, metadata.name, found.length]).toEqual([kind, metadata.name, 1])
    }
  })
})

describe('A release', { timeout: 180_000 }, () => {
  it.each(['default', 'everything'])('is what the golden text says: ci/%s-values.yaml', async name => {
    const rendering = await render({ files: [`ci/${name}-values.yaml`] })
    await expect(`${printListing(list(rendering))}\n`).toMatchFileSnapshot(`releases/${name}.txt`)
  })

  it('of each other variant is what the golden text says, and makes only settings that the services read', async () => {
    const others = Object.entries(variants).filter(([name]) => !/(default|everything)-values/.test(name))
    await expect(describeChanges(others)).resolves.toMatchFileSnapshot('releases/variants.txt')
  })
})

describe('Without stored secrets', () => {
  const ways = ['ProjectedToken', 'WorkloadIdentity'].flatMap(credential =>
    ['webIdentity', 'irsa', 'podIdentity'].map(auth => [credential, auth] as const),
  )

  it.each(ways)(
    'a release makes no Secret, and no pod refers to one: %s (Entra), %s (AWS)',
    async (credential, auth) => {
      const rendering = await render({ values: merge(withCredential(credential), withAwsAuth(auth)) })
      expect(rendering.ofKind('Secret')).toEqual([])
      for (const [name, pod] of rendering.pods) expect([name, secretsOf(pod)]).toEqual([name, []])
    },
  )
})

it('Names have the allowed length, whatever the release’s name', async () => {
  const { objects } = await renderWith({ fullnameOverride: 'a'.repeat(80) })
  for (const { metadata } of objects) expect(metadata.name.length).toBeLessThanOrEqual(63)
})
