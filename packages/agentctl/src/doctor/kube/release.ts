import { trouble } from '../problems.ts'
import type { Kubectl } from './kubectl.ts'

/** The parts of Kubernetes objects that the doctor reads. */
export interface KubernetesObject {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly labels: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly restartPolicy?: string
  readonly env?: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string } }
  }[]
  readonly envFrom?: readonly { readonly secretRef?: { readonly name: string } }[]
  readonly volumeMounts?: readonly { readonly name: string }[]
}

export interface Pod extends KubernetesObject {
  readonly spec: {
    readonly serviceAccountName: string
    readonly nodeSelector?: Readonly<Record<string, string>>
    readonly initContainers?: readonly Container[]
    readonly containers: readonly Container[]
    readonly volumes?: readonly {
      readonly name: string
      readonly secret?: { readonly secretName: string }
      readonly configMap?: { readonly name: string }
      readonly projected?: {
        readonly sources: readonly { readonly serviceAccountToken?: { readonly audience?: string } }[]
      }
    }[]
  }
  readonly status: {
    readonly phase: string
    readonly podIP?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

interface ContainerStatus {
  readonly name: string
  readonly state?: { readonly waiting?: { readonly reason?: string } }
}

export interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}

export interface NetworkPolicy extends KubernetesObject {
  readonly spec: {
    readonly podSelector: { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly policyTypes?: readonly string[]
  }
}

export interface Ingress extends KubernetesObject {
  readonly spec: {
    readonly rules?: readonly { readonly host?: string }[]
  }
}

/** A release of the chart, as found in the cluster. */
export interface Release {
  readonly name: string
  readonly namespace: string
  readonly pods: readonly Pod[]
  readonly policies: readonly NetworkPolicy[]
  readonly ingresses: readonly Ingress[]
  readonly configMaps: readonly ConfigMap[]
}

const chartSelector = 'app.kubernetes.io/name=entra-bedrock-agent'
const kinds = 'pods,configmaps,networkpolicies,ingresses'

/**
 * Reads a release, by default the only one in the namespace.
 *
 * @throws ProblemError CLUSTER_UNREACHABLE or RELEASE_NOT_FOUND
 */
export async function readRelease(kubectl: Kubectl, wanted: string | undefined): Promise<Release> {
  const selector =
    wanted === undefined ? chartSelector : `${chartSelector},app.kubernetes.io/instance=${wanted}`
  const listed = await kubectl.run(['get', kinds, '--selector', selector, '--output', 'json'])
  if (listed === '') throw trouble('CLUSTER_UNREACHABLE', 'kubectl printed nothing.')
  const objects: readonly KubernetesObject[] = JSON.parse(listed).items
  const names = [
    ...new Set(objects.map(({ metadata }) => metadata.labels['app.kubernetes.io/instance'] ?? '')),
  ]
  const [name, ...others] = names
  if (name === undefined)
    throw trouble('RELEASE_NOT_FOUND', `There is no release ${wanted ?? 'of the chart'} here.`)
  if (others.length > 0) throw trouble('RELEASE_NOT_FOUND', `There are ${names.join(', ')}: name one.`)
  const ofKind = <Wanted extends KubernetesObject>(kind: string) =>
    objects.filter((object): object is Wanted => object.kind === kind)
  return {
    name,
    namespace: objects[0]?.metadata.namespace ?? '',
    pods: ofKind<Pod>('Pod').filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    policies: ofKind<NetworkPolicy>('NetworkPolicy'),
    ingresses: ofKind<Ingress>('Ingress'),
    configMaps: ofKind<ConfigMap>('ConfigMap'),
  }
}

export function podsOf({ pods }: Release, component: string): readonly Pod[] {
  return pods.filter(({ metadata }) => metadata.labels['app.kubernetes.io/component'] === component)
}

export function containersOf({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers]
}

/** The tokens that are projected into a pod, by container. A token without audience is for the API server. */
export function tokensIn(pod: Pod) {
  return (pod.spec.volumes ?? []).flatMap(({ name, projected }) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken: token }) =>
      containersOf(pod)
        .filter(({ volumeMounts = [] }) => token && volumeMounts.some(mount => mount.name === name))
        .map(container => ({ audience: token?.audience, container: container.name, pod: pod.metadata.name })),
    ),
  )
}

export function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

/** The variables of a container whose values stand in the pod. */
export function settingsOf({ env = [] }: Container): Readonly<Record<string, string>> {
  return Object.fromEntries(env.flatMap(({ name, value }) => (value ? [[name, value]] : [])))
}

/** The variables of the agent’s container; `undefined` where there is no pod of the agent. */
export function agentSettings(release: Release): Readonly<Record<string, string>> | undefined {
  const [agent] = podsOf(release, 'agent')
  const container = agent && containersOf(agent).find(({ name }) => name === 'agent')
  return container && settingsOf(container)
}

/** A file that the agent’s pod mounts from a ConfigMap of the release; `undefined` if it mounts none. */
export function agentFile(release: Release, file: 'agents.json' | 'mcp.json'): string | undefined {
  const mounted = podsOf(release, 'agent')[0]?.spec.volumes?.map(({ configMap }) => configMap?.name) ?? []
  return release.configMaps.find(({ metadata, data }) => mounted.includes(metadata.name) && data?.[file])
    ?.data?.[file]
}
