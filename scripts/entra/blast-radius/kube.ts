import type { Json } from '../graph.ts'
import type { FederatedCredential } from '../settings.ts'
import type { Branch } from './branch.ts'
import { type Access, type Binding, findHolders, type Holder, nameOf, type Role } from './rbac.ts'

/** Runs kubectl with these arguments and gives its output. */
export type RunKubectl = (...args: readonly string[]) => Promise<string>

const core = ''
const write = ['create', 'update', 'patch']

/** What lets somebody be a pod of a ServiceAccount, in the order of how directly. */
// biome-ignore format: table
const ways = (account: string): readonly (readonly [title: string, accesses: readonly Access[]])[] => [
  ['may mint its tokens', [{ verbs: ['create'], group: core, resources: ['serviceaccounts/token'], name: account }]],
  ['may run as it: any pod of the namespace may name it', [
    { verbs: write, group: core, resources: ['pods', 'replicationcontrollers'] },
    { verbs: write, group: 'apps', resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets'] },
    { verbs: write, group: 'batch', resources: ['jobs', 'cronjobs'] },
  ]],
  ['may get into its pods', [
    { verbs: ['create', 'get'], group: core, resources: ['pods/exec', 'pods/attach', 'pods/portforward'] },
    { verbs: ['update', 'patch'], group: core, resources: ['pods/ephemeralcontainers'] },
  ]],
  ['may go through the node', [{ verbs: ['create', 'get'], group: core, resources: ['nodes/proxy'], isClusterWide: true }]],
  ['may give such rights', [
    { verbs: ['bind', 'escalate'], group: 'rbac.authorization.k8s.io', resources: ['roles', 'clusterroles'] },
    { verbs: write, group: 'rbac.authorization.k8s.io', resources: ['rolebindings'] },
    { verbs: write, group: 'rbac.authorization.k8s.io', resources: ['clusterrolebindings'], isClusterWide: true },
    { verbs: ['impersonate'], group: core, resources: ['users', 'groups', 'serviceaccounts'], isClusterWide: true },
    { verbs: write, group: 'admissionregistration.k8s.io', resources: ['mutatingwebhookconfigurations'], isClusterWide: true },
  ]],
  ['may read secrets of the namespace', [{ verbs: ['get', 'list', 'watch'], group: core, resources: ['secrets'] }]],
]

/**
 * Who can be a pod whose token is the blueprint's credential, by the RBAC of kubectl's cluster. Administrators and the control plane are told,
 * everybody else is surplus unless accepted.
 *
 * @param accepted subjects that may, as Kubernetes spells them, such as `system:serviceaccount:<namespace>:<name>`
 */
export async function readKube(
  kubectl: RunKubectl,
  credentials: readonly FederatedCredential[],
  accepted: readonly string[],
): Promise<readonly Branch[]> {
  const issuer = await issuerOf(kubectl)
  const branches: Branch[] = []
  for (const { issuer: trusted, subject } of credentials) {
    const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject) ?? []
    const isHere = trusted === issuer && namespace !== undefined && account !== undefined
    branches.push(
      isHere
        ? await readAccount(kubectl, { namespace, account }, accepted)
        : { title: `who can be ${subject} of ${trusted}, which is not kubectl’s cluster`, mark: 'unread' },
    )
  }
  const cloud = 'rights in the cluster by the cloud (EKS access entries, AKS RBAC), which RBAC does not show'
  return [...branches, { title: cloud, mark: 'unread' }]
}

async function readAccount(
  kubectl: RunKubectl,
  { namespace, account }: { readonly namespace: string; readonly account: string },
  accepted: readonly string[],
): Promise<Branch> {
  const title = `who can be ServiceAccount ${namespace}:${account}`
  const [inCluster, inNamespace, pods] = await Promise.all([
    list(kubectl, 'get', 'clusterroles,clusterrolebindings'),
    list(kubectl, 'get', 'roles,rolebindings', '--namespace', namespace),
    list(kubectl, 'get', 'pods', '--namespace', namespace),
  ])
  if (!inCluster || !inNamespace) return { title, mark: 'unread' }
  const all = [...inCluster, ...inNamespace]
  const roles = all.filter(({ kind }) => /Role$/.test(String(kind))) as unknown as readonly Role[]
  const bindings = all.filter(({ kind }) => /Binding$/.test(String(kind))) as unknown as readonly Binding[]
  const running =
    pods?.filter(({ spec }) => (spec as Json | undefined)?.['serviceAccountName'] === account) ?? []
  const holders = ways(account).map(
    ([way, accesses]) => [way, findHolders(roles, bindings, accesses)] as const,
  )
  const administrators = new Set(
    holders.flatMap(([, found]) => found.filter(one => one.isAdministrator).map(one => nameOf(one.subject))),
  )
  const isTold = (name: string) => isControlPlane(name) || administrators.has(name)
  return {
    title,
    branches: [
      ...running.map(({ metadata }) => ({ title: `pod ${(metadata as Json)['name']}` })),
      { title: `administrators of the cluster: ${[...administrators].join(', ') || 'none'}` },
      ...holders.flatMap(([way, found]) =>
        found
          .filter(({ subject }) => !isTold(nameOf(subject)))
          .map(holder => toBranch(way, holder, accepted)),
      ),
    ],
  }
}

/** Kubernetes keeps these names for itself; ServiceAccounts of kube-system are controllers and add-ons of the cluster. */
function isControlPlane(name: string): boolean {
  return name.startsWith('system:serviceaccount:')
    ? name.startsWith('system:serviceaccount:kube-system:')
    : name.startsWith('system:')
}

function toBranch(way: string, { subject, binding }: Holder, accepted: readonly string[]): Branch {
  const { namespace, name } = binding.metadata
  const by = `${binding.kind} ${namespace === undefined ? name : `${namespace}:${name}`}`
  const isAccepted = accepted.includes(nameOf(subject))
  return {
    title: `${nameOf(subject)} ${way} (${by})`,
    ...(isAccepted ? {} : { mark: 'surplus' as const }),
  }
}

async function issuerOf(kubectl: RunKubectl): Promise<string | undefined> {
  try {
    return JSON.parse(await kubectl('get', '--raw', '/.well-known/openid-configuration')).issuer
  } catch {
    return undefined
  }
}

/** Objects; `undefined` if kubectl's user may not read them. */
async function list(kubectl: RunKubectl, ...args: readonly string[]): Promise<readonly Json[] | undefined> {
  try {
    return JSON.parse(await kubectl(...args, '--output', 'json')).items
  } catch {
    return undefined
  }
}
