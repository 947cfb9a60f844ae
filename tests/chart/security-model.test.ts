// Promises of docs/security-model.md about the chart's objects that no other test checks.
import { describe, expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import type { PodTemplate } from './support/kubernetes.ts'
import { containersOf, merge, type Rendering, render } from './support/render.ts'
import { variants, withAwsAuth, withCredential } from './support/variants.ts'

needs('helm')

const credentialPairs = ['ProjectedToken', 'WorkloadIdentity'].flatMap(credential =>
  ['webIdentity', 'irsa', 'podIdentity'].map(
    auth => [credential, auth, merge(withCredential(credential), withAwsAuth(auth))] as const,
  ),
)

/** Secrets that a pod uses, without those for pulling images. */
function secretsOf(pod: PodTemplate): readonly string[] {
  const ofContainers = containersOf(pod).flatMap(({ env = [], envFrom = [] }) => [
    ...env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? []),
    ...envFrom.flatMap(({ secretRef }) => secretRef?.name ?? []),
  ])
  return [...ofContainers, ...(pod.spec.volumes ?? []).flatMap(({ secret }) => secret?.secretName ?? [])]
}

/** The tokens of the cluster that the chart puts into containers. */
function tokensOf(rendering: Rendering) {
  return [...rendering.pods].flatMap(([pod, template]) =>
    (template.spec.volumes ?? []).flatMap(({ name, projected }) =>
      (projected?.sources ?? []).flatMap(({ serviceAccountToken: token }) =>
        containersOf(template)
          .filter(({ volumeMounts }) => volumeMounts?.some(mount => mount.name === name))
          .map(container => ({ holder: `${pod}/${container.name}`, ...token })),
      ),
    ),
  )
}

describe.each(credentialPairs)('With credentials %s (Entra) and %s (AWS)', (credential, auth, values) => {
  it('the chart stores no secret: it makes no Secret, and no pod refers to one', async () => {
    const rendering = await render({ values })
    expect(rendering.ofKind('Secret')).toEqual([])
    for (const [name, pod] of rendering.pods) expect([name, secretsOf(pod)]).toEqual([name, []])
  })

  it('each token that the chart adds lives an hour, has one audience, and is only in the container that needs it', async () => {
    const lifetime = { path: 'token', expirationSeconds: 3600 }
    // The chart adds only these two tokens; with the other kinds of credentials, webhooks add the tokens.
    const projected = {
      ProjectedToken: { holder: 'demo-agent/sidecar', audience: 'api://AzureADTokenExchange', ...lifetime },
      webIdentity: { holder: 'demo-agent/agent', audience: 'sts.amazonaws.com', ...lifetime },
    }
    const expected = Object.entries(projected).flatMap(([way, token]) =>
      way === credential || way === auth ? [token] : [],
    )
    expect(tokensOf(await render({ values }))).toEqual(expected)
  })
})

describe.each(Object.entries(variants))('The chart with %s', (_name, options) => {
  it('gives nobody any right in the cluster', async () => {
    const { objects } = await render(options)
    expect(objects.filter(({ apiVersion }) => apiVersion.startsWith('rbac.'))).toEqual([])
  })
})
