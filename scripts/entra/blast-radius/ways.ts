import type { Access } from './rbac.ts'

/** A ServiceAccount whose token is a credential. */
export interface Account {
  readonly namespace: string
  readonly name: string
}

const coreGroup = ''
const rbacGroup = 'rbac.authorization.k8s.io'
const writeVerbs = ['create', 'update', 'patch']
const clusterWide = { isClusterWide: true } as const
const admissionResources = [
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
export const waysToActAs = ({ namespace, name }: Account): readonly (readonly [title: string, accesses: readonly Access[]])[] => [
  ['may mint its tokens', [{ verbs: ['create'], group: coreGroup, resources: ['serviceaccounts/token'], name }]],
  ['may run as it: any pod of the namespace may name it', [
    { verbs: writeVerbs, group: coreGroup, resources: ['pods', 'replicationcontrollers'] },
    { verbs: writeVerbs, group: 'apps', resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets'] },
    { verbs: writeVerbs, group: 'batch', resources: ['jobs', 'cronjobs'] },
  ]],
  ['may get into its pods', [
    { verbs: ['create', 'get'], group: coreGroup, resources: ['pods/exec', 'pods/attach', 'pods/portforward'] },
    { verbs: ['update', 'patch'], group: coreGroup, resources: ['pods/ephemeralcontainers'] },
  ]],
  ['may go through the node', [{ verbs: ['create', 'get'], group: coreGroup, resources: ['nodes/proxy'], ...clusterWide }]],
  ['may change the ServiceAccount', [{ verbs: ['update', 'patch'], group: coreGroup, resources: ['serviceaccounts'], name }]],
  ['may give such rights', [
    { verbs: ['bind', 'escalate'], group: rbacGroup, resources: ['roles', 'clusterroles'] },
    { verbs: writeVerbs, group: rbacGroup, resources: ['rolebindings'] },
    { verbs: writeVerbs, group: rbacGroup, resources: ['clusterrolebindings'], ...clusterWide },
  ]],
  ['may act as somebody who has such rights', [
    { verbs: ['impersonate'], group: coreGroup, resources: ['users', 'groups'], ...clusterWide },
    { verbs: ['impersonate'], group: coreGroup, resources: ['serviceaccounts'] },
  ]],
  ['may have certificates signed for any user', signers.map(signer =>
    ({ verbs: ['approve', 'sign'], group: 'certificates.k8s.io', resources: ['signers'], name: signer, ...clusterWide }),
  )],
  ['may change what the namespace admits', [
    { verbs: [...writeVerbs, 'delete'], group: 'admissionregistration.k8s.io', resources: admissionResources, ...clusterWide },
    { verbs: ['update', 'patch'], group: coreGroup, resources: ['namespaces'], name: namespace },
  ]],
  ['may read secrets of the namespace', [{ verbs: ['get', 'list', 'watch'], group: coreGroup, resources: ['secrets'] }]],
]
