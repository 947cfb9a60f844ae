import { type ClusterReader, issuerOf, listInCluster } from '../../doctor/kube/kubectl.ts'
import type { Json } from '../graph.ts'
import type { FederatedCredential } from '../settings.ts'
import { readAdmission } from './admission.ts'
import type { Branch } from './branch.ts'
import { type Binding, findHolders, type Holder, nameOf, type Role } from './rbac.ts'
import { reviewAccess } from './reviews.ts'
import { type Account, waysToActAs } from './ways.ts'

/** What the API server does not show. */
const unreadBranches: readonly Branch[] = [
  'rights in the cluster by the cloud (EKS access entries, AKS RBAC), which RBAC does not show',
  'who gets onto the nodes: by the cloud, or by privileged pods of other namespaces',
  'who asked for tokens of the ServiceAccount, which only the audit log of the API server tells',
].map(title => ({ title, mark: 'unread' }))

/**
 * Who can act as a pod whose token is the blueprint's credential, by the RBAC of kubectl's cluster. Administrators are listed for
 * information, other subjects of the control plane are not listed, and everybody else is surplus unless accepted.
 *
 * @param accepted subjects that may act as such a pod, spelt as in the output: `system:serviceaccount:<namespace>:<name>`
 */
export async function readKube(
  cluster: ClusterReader,
  credentials: readonly FederatedCredential[],
  accepted: readonly string[],
): Promise<readonly Branch[]> {
  const issuer = await issuerOf(cluster)
  const branches: Branch[] = []
  for (const { issuer: trusted, subject } of credentials) {
    const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject) ?? []
    const isHere = trusted === issuer && namespace !== undefined && account !== undefined
    branches.push(
      isHere
        ? await readAccount(cluster, { namespace, name: account }, accepted)
        : { title: `who can be ${subject} of ${trusted}, which is not kubectl’s cluster`, mark: 'unread' },
    )
  }
  return [...branches, ...unreadBranches]
}

async function readAccount(
  cluster: ClusterReader,
  account: Account,
  accepted: readonly string[],
): Promise<Branch> {
  const { namespace, name } = account
  const title = `who can be ServiceAccount ${namespace}:${name}`
  const [inCluster, inNamespace, pods] = await Promise.all([
    listInCluster(cluster, 'clusterroles,clusterrolebindings'),
    listInCluster(cluster, 'roles,rolebindings', '--namespace', namespace),
    listInCluster(cluster, 'pods', '--namespace', namespace),
  ])
  if (!inCluster || !inNamespace) return { title, mark: 'unread' }
  const all = [...inCluster, ...inNamespace]
  const roles = all.filter(({ kind }) => /Role$/.test(String(kind))) as unknown as readonly Role[]
  const bindings = all.filter(({ kind }) => /Binding$/.test(String(kind))) as unknown as readonly Binding[]
  const holders = waysToActAs(account).flatMap(([way, accesses]) =>
    findHolders(roles, bindings, accesses).map(holder => ({ way, ...holder })),
  )
  const administrators = new Set(
    holders.filter(one => one.isAdministrator).map(({ subject }) => nameOf(subject)),
  )
  const isTold = (subject: string) => isControlPlane(subject) || administrators.has(subject)
  const others = holders.filter(({ subject }) => isEverybody(nameOf(subject)) || !isTold(nameOf(subject)))
  const allowed = await reviewAccess(cluster, namespace, others)
  return {
    title,
    branches: [
      ...(pods ? toPods(pods, name) : [{ title: 'pods of the namespace', mark: 'unread' as const }]),
      { title: `administrators of the cluster: ${[...administrators].join(', ') || 'none'}` },
      ...others.map((holder, index) => toBranch(holder, accepted, allowed?.[index] ?? true)),
      ...(allowed
        ? []
        : [
            { title: 'whether the API server agrees (create subjectaccessreviews)', mark: 'unread' as const },
          ]),
      ...(await readAdmission(cluster, namespace, accepted)),
    ],
  }
}

function toPods(pods: readonly Json[], account: string): readonly Branch[] {
  const accountOf = ({ spec }: Json) => String((spec as Json | undefined)?.['serviceAccountName'])
  const nameOfPod = ({ metadata }: Json) => (metadata as Json)['name']
  const others = new Set(pods.map(accountOf).filter(one => one !== account))
  return [
    ...pods.filter(pod => accountOf(pod) === account).map(pod => ({ title: `pod ${nameOfPod(pod)}` })),
    ...(others.size > 0 ? [{ title: `other ServiceAccounts of its pods: ${[...others].join(', ')}` }] : []),
  ]
}

/** Whether callers other than the control plane belong to this group automatically. */
function isEverybody(name: string): boolean {
  return (
    ['system:authenticated', 'system:unauthenticated', 'system:anonymous'].includes(name) ||
    (/^system:serviceaccounts(:|$)/.test(name) && name !== 'system:serviceaccounts:kube-system')
  )
}

/** `system:` names are Kubernetes' own, except ServiceAccounts outside kube-system; those in it are controllers and add-ons. */
function isControlPlane(name: string): boolean {
  return name.startsWith('system:serviceaccount:')
    ? name.startsWith('system:serviceaccount:kube-system:')
    : name.startsWith('system:')
}

function toBranch(
  { way, subject, binding }: Holder & { readonly way: string },
  accepted: readonly string[],
  isAllowed: boolean,
): Branch {
  const { namespace, name } = binding.metadata
  const by = `${binding.kind} ${namespace === undefined ? name : `${namespace}:${name}`}`
  const title = `${nameOf(subject)} ${way} (${by})`
  if (!isAllowed) return { title: `${title}, which the API server denies` }
  return { title, ...(accepted.includes(nameOf(subject)) ? {} : { mark: 'surplus' as const }) }
}
