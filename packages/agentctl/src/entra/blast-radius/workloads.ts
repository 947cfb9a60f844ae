import { type ClusterReader, listInCluster } from '../../doctor/kube/kubectl.ts'
import { type Branch, surplusIf } from './branch.ts'
import type { Account } from './ways.ts'

export type Labels = Readonly<Record<string, string>>

/** A pod, or what makes pods. */
interface Workload {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly labels?: Labels
    readonly ownerReferences?: readonly { readonly uid: string; readonly controller?: boolean }[]
  }
  readonly spec: { readonly ephemeralContainers?: readonly { readonly name: string }[] }
}

const kinds = 'pods,replicationcontrollers,deployments,replicasets,statefulsets,daemonsets,jobs,cronjobs'

/**
 * What runs as the account, or would run, with the labels of all that, and the account with the names of what its release uses.
 * All of it should come from one Deployment, that of the chart; anything else is surplus.
 */
export async function readWorkloads(
  cluster: ClusterReader,
  { namespace, name }: Account,
  accepted: readonly string[],
) {
  const all = await listInCluster<Workload>(cluster, kinds, '--namespace', namespace)
  const users = all.filter(one => JSON.stringify(one).includes(`"serviceAccountName":"${name}"`))
  const makerOf = ({ metadata: { ownerReferences = [] } }: Workload) =>
    users.find(({ metadata }) => ownerReferences.some(one => one.controller && one.uid === metadata.uid))
  const labelOf = ({ metadata }: Workload, name: string) => metadata.labels?.[`app.kubernetes.io/${name}`]
  const [agent, ...copies] = users.filter(
    one => one.kind === 'Deployment' && labelOf(one, 'component') === 'agent',
  )
  const isOurs = (one: Workload | undefined): boolean =>
    one !== undefined && (one === agent || isOurs(makerOf(one)))
  const pods = users.filter(({ kind }) => kind === 'Pod')
  // Labels can be copied: of several that claim to be the agent, none is known to be it.
  const foreign = users.filter(one => !makerOf(one) && (one !== agent || copies.length > 0))
  const parts = all.filter(
    one => one.kind === 'Deployment' && agent && labelOf(one, 'instance') === labelOf(agent, 'instance'),
  )
  const surplus = [
    ...foreign.map(({ kind, metadata }) => `${kind}:${metadata.name} runs as it, and is not the chart’s`),
    ...pods.flatMap(({ metadata, spec: { ephemeralContainers = [] } }) =>
      ephemeralContainers.map(one => `Pod:${metadata.name} has the ephemeral container ${one.name}`),
    ),
  ]
  const branches: readonly Branch[] = [
    ...pods.filter(isOurs).map(({ metadata }) => ({ title: `pod ${metadata.name}` })),
    ...surplus.map(title => ({ title, mark: surplusIf(!accepted.includes(title.replace(/ .*/, ''))) })),
  ]
  const names = pods.map(({ metadata }) => metadata.name)
  const account: Account = { namespace, name, pods: names, ...namesUsedBy(parts) }
  return { branches, account, labels: users.map(({ metadata }) => metadata.labels ?? {}) }
}

/** The ConfigMaps and Secrets in pod templates, except ConfigMaps whose content a SHA-256 in the template fixes. */
function namesUsedBy(workloads: readonly Workload[]) {
  const configMaps = new Set<string>()
  const secrets = new Set<string>()
  const text = JSON.stringify(workloads, (key, value) => {
    if (/^configMap(Ref|KeyRef)?$/.test(key)) configMaps.add(value.name)
    if (/^secret(Ref|KeyRef)?$/.test(key)) secrets.add(value.secretName ?? value.name)
    return value
  })
  const isFixed = (name: string) => text.includes(`_SHA256","value":"${/[0-9a-f]{10}$/.exec(name) ?? '-'}`)
  return { configMaps: [...configMaps].filter(name => !isFixed(name)), secrets: [...secrets] }
}
