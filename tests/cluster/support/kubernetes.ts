/** The parts of Kubernetes objects that tests read. */
export interface KubernetesObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
}

export interface ConfigMap extends KubernetesObject {
  readonly data: Readonly<Record<string, string>>
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
}

interface ContainerState {
  readonly running?: { readonly startedAt: string }
  readonly waiting?: { readonly reason: string }
  readonly terminated?: { readonly reason: string; readonly finishedAt: string }
}

export interface ContainerStatus {
  readonly name: string
  readonly ready: boolean
  readonly started?: boolean
  readonly restartCount: number
  readonly state: ContainerState
  /** The state before its last restart. */
  readonly lastState: ContainerState
}

export interface Pod extends KubernetesObject {
  readonly spec: {
    readonly initContainers?: readonly Container[]
    readonly containers: readonly Container[]
    readonly volumes?: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[]
  }
  readonly status: {
    readonly phase: string
    readonly podIP?: string
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

/** The statuses of a pod's containers, its sidecar included. */
export function statusesOf({ status }: Pod): readonly ContainerStatus[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
}

export function statusOf(pod: Pod, container: string): ContainerStatus | undefined {
  return statusesOf(pod).find(({ name }) => name === container)
}
