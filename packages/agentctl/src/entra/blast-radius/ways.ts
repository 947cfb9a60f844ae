import type { Access } from './rbac.ts'

/** A ServiceAccount whose token is a credential, and the names of what its pods depend on; absent if not known: then any counts. */
export interface Account {
  readonly namespace: string
  readonly name: string
  readonly pods?: readonly string[]
  readonly configMaps?: readonly string[]
  readonly secrets?: readonly string[]
}

/** A way in words, the ClusterRoleBindings by which the API server itself gives the control plane such rights, and the rights. */
export type Way = readonly [title: string, bootstrap: readonly string[], ...accesses: readonly Access[]]
export type Ways = readonly [everything: Way, mint: Way, run: Way, enter: Way, ...others: readonly Way[]]

/** Who has this way has all others. */
export const everything = 'may do everything'
/** Nothing new if the same binding gives another way. */
export const insideSystem = 'may be a controller of kube-system, which has such rights'

const write = 'create update patch'
const rbac = 'rbac.authorization.k8s.io'
const admission =
  'mutatingwebhookconfigurations mutatingadmissionpolicies mutatingadmissionpolicybindings validatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings'
/** Signers of certificates by which the API server recognises users; `kubernetes.io/*` stands for all signers of that domain. */
const signers = ['kubernetes.io/kube-apiserver-client', 'kubernetes.io/*']
const modes = ['user-info', 'serviceaccount', 'arbitrary-node', 'associated-node']
const dns = ['coredns', 'coredns-custom', 'kube-dns', 'node-local-dns']

const manager = 'system:kube-controller-manager'
const controllers = (names: string) => names.split(' ').map(name => `system:controller:${name}`)
const patchAll = controllers('generic-garbage-collector storage-version-migrator-controller')
const getAll = [...patchAll, ...controllers('namespace-controller')]
const runPods = controllers(
  'cronjob-controller daemon-set-controller deployment-controller job-controller persistent-volume-binder replicaset-controller replication-controller statefulset-controller',
)

/**
 * What lets somebody act as a pod of a ServiceAccount, or steer it; the widest way first. The bindings are those of Kubernetes 1.37
 * (https://github.com/kubernetes/kubernetes/tree/v1.37.2/plugin/pkg/auth/authorizer/rbac/bootstrappolicy).
 */
// biome-ignore format: table
export function waysToActAs({ namespace, name, pods, configMaps, secrets }: Account): Ways {
  const [here, system] = [{ namespace }, { namespace: 'kube-system' }]
  // Only a rule without names covers the name ''.
  const anySecret = secrets && [...secrets, '']
  const run = (place: Place, names?: readonly string[]) => [
    to('create', '', 'pods', place), to('update patch', '', 'pods', place, names), to(write, '', 'replicationcontrollers', place),
    to(write, 'apps', 'deployments statefulsets daemonsets replicasets', place), to(write, 'batch', 'jobs cronjobs', place),
  ]
  const enter = (place: Place, names?: readonly string[]) => [
    to('create get', '', 'pods/exec pods/attach pods/portforward', place, names), to('update patch', '', 'pods/ephemeralcontainers', place, names),
  ]
  const ways: Ways = [
    [everything, ['cluster-admin'], to('*', '*', '*')],
    ['may mint its tokens', [manager], to('create', '', 'serviceaccounts/token', here, [name])],
    ['may run as it: any pod of the namespace may name it', [...patchAll, ...runPods], ...run(here, pods)],
    ['may get into its pods', getAll, ...enter(here, pods)],
    ['may go through the node', getAll, to('create get', '', 'nodes/proxy')],
    ['may change the ServiceAccount', [...patchAll, manager], to('update patch', '', 'serviceaccounts', here, [name])],
    ['may give such rights', [...patchAll, ...controllers('clusterrole-aggregation-controller')], to('bind escalate', rbac, 'roles clusterroles', here),
      to(write, rbac, 'rolebindings', here), to(write, rbac, 'clusterrolebindings'), to(write, '', 'configmaps', system, ['aws-auth'])],
    ['may have certificates signed for any user', controllers('certificate-controller'), to('approve sign', 'certificates.k8s.io', 'signers', {}, signers)],
    ['may change what the namespace admits', getAll, to(`${write} delete deletecollection`, 'admissionregistration.k8s.io', admission),
      to('update patch', '', 'namespaces', here, [namespace])],
    [`may read secrets ${such(secrets)}`, [...getAll, manager, ...controllers('resourcequota-controller')], to('get list watch', '', 'secrets', here, anySecret)],
    [`may change secrets ${such(secrets)}`, [...patchAll, manager, ...controllers('legacy-service-account-token-cleaner')], to(write, '', 'secrets', here, anySecret)],
    [`may change ConfigMaps ${such(configMaps)}`, [...patchAll, ...controllers('root-ca-cert-publisher')], to(write, '', 'configmaps', here, configMaps)],
    ['may open its ports to other pods', getAll, to(`${write} delete deletecollection`, 'networking.k8s.io', 'networkpolicies', here)],
    ['may put a server of theirs in the place of one that pods or users call', [...patchAll, ...controllers('endpoint-controller endpointslice-controller endpointslicemirroring-controller')],
      to(write, '', 'services endpoints', here), to(write, 'discovery.k8s.io', 'endpointslices', here), to(write, 'networking.k8s.io', 'ingresses', here),
      to(write, 'gateway.networking.k8s.io', 'httproutes', here), to(write, '', 'configmaps', system, dns)],
    [insideSystem, [...getAll, ...runPods, manager], to('create', '', 'serviceaccounts/token', system), ...run(system), ...enter(system)],
  ]
  // Constrained impersonation (KEP-5284): what somebody may do while impersonating somebody of this kind.
  const asOthers = ways.flatMap(([, , ...accesses]) => accesses).map(access =>
    ({ ...access, verbs: access.verbs.flatMap(verb => modes.map(mode => `impersonate-on:${mode}:${verb}`)) }))
  return [...ways, ['may act as somebody who has such rights', [], to('impersonate', '', 'users groups'), to('impersonate', '', 'serviceaccounts', here),
    to('impersonate', '', 'serviceaccounts', system), ...asOthers]]
}

type Place = Pick<Access, 'namespace'>

// biome-ignore format: one line
const to = (verbs: string, group: string, resources: string, place: Place = {}, names?: readonly string[]): Access =>
  ({ verbs: verbs.split(' '), group, resources: resources.split(' '), names, ...place })

const such = (names: readonly string[] | undefined) =>
  names?.length ? `that its pods use (${names.join(', ')})` : 'of the namespace'
