import type { Access } from './rbac.ts'

/** A ServiceAccount whose token is a credential. */
export interface Account {
  readonly namespace: string
  readonly name: string
}

const core = ''
const rbac = 'rbac.authorization.k8s.io'
const write = ['create', 'update', 'patch']
const clusterWide = { isClusterWide: true } as const
const admission = [
  'mutatingwebhookconfigurations',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
  'validatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
]
/** Signers of certificates by which the API server recognises users; `kubernetes.io/*` stands for all signers of that domain. */
const signers = ['kubernetes.io/kube-apiserver-client', 'kubernetes.io/*']

/** What lets somebody act as a pod of a ServiceAccount, the most direct way first. */
// biome-ignore format: table
export const ways = ({ namespace, name }: Account): readonly (readonly [title: string, accesses: readonly Access[]])[] => [
  ['may mint its tokens', [{ verbs: ['create'], group: core, resources: ['serviceaccounts/token'], name }]],
  ['may run as it: any pod of the namespace may name it', [
    { verbs: write, group: core, resources: ['pods', 'replicationcontrollers'] },
    { verbs: write, group: 'apps', resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets'] },
    { verbs: write, group: 'batch', resources: ['jobs', 'cronjobs'] },
  ]],
  ['may get into its pods', [
    { verbs: ['create', 'get'], group: core, resources: ['pods/exec', 'pods/attach', 'pods/portforward'] },
    { verbs: ['update', 'patch'], group: core, resources: ['pods/ephemeralcontainers'] },
  ]],
  ['may go through the node', [{ verbs: ['create', 'get'], group: core, resources: ['nodes/proxy'], ...clusterWide }]],
  ['may change the ServiceAccount', [{ verbs: ['update', 'patch'], group: core, resources: ['serviceaccounts'], name }]],
  ['may give such rights', [
    { verbs: ['bind', 'escalate'], group: rbac, resources: ['roles', 'clusterroles'] },
    { verbs: write, group: rbac, resources: ['rolebindings'] },
    { verbs: write, group: rbac, resources: ['clusterrolebindings'], ...clusterWide },
  ]],
  ['may act as somebody who has such rights', [
    { verbs: ['impersonate'], group: core, resources: ['users', 'groups'], ...clusterWide },
    { verbs: ['impersonate'], group: core, resources: ['serviceaccounts'] },
  ]],
  ['may have certificates signed for any user', signers.map(signer =>
    ({ verbs: ['approve', 'sign'], group: 'certificates.k8s.io', resources: ['signers'], name: signer, ...clusterWide }),
  )],
  ['may change what the namespace admits', [
    { verbs: [...write, 'delete'], group: 'admissionregistration.k8s.io', resources: admission, ...clusterWide },
    { verbs: ['update', 'patch'], group: core, resources: ['namespaces'], name: namespace },
  ]],
  ['may read secrets of the namespace', [{ verbs: ['get', 'list', 'watch'], group: core, resources: ['secrets'] }]],
]
