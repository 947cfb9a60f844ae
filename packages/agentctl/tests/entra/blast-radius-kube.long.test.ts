import { expect, it } from 'vitest'
import { flatten } from '../../src/entra/blast-radius/branch.ts'
import { readKube } from '../../src/entra/blast-radius/kube.ts'
import {
  agentSpec,
  bind,
  controller,
  controllerName,
  FakeCluster,
  issuer,
  ruleOf,
  type Subject,
  template,
  workload,
} from './support/fake-cluster.ts'

type Change = readonly [what: string, change: (cluster: FakeCluster) => unknown]

/** All lines about who can be the pod, each with its mark. */
async function readLines(change: Change[1] = () => undefined, ...accepted: readonly string[]) {
  const cluster = new FakeCluster()
  change(cluster)
  const credential = { issuer, subject: 'system:serviceaccount:agents:demo-agent' }
  const branches = await readKube(
    cluster,
    [credential],
    ['system:serviceaccount:storage:provisioner', ...accepted],
  )
  return flatten(branches).map(({ mark, title }) => (mark ? `${mark}: ${title}` : title))
}

const eve = { kind: 'User', name: 'eve' }
const support = { kind: 'Group', name: 'support' }
const inCluster = (cluster: FakeCluster, rule: string, subject: Subject = support, name = 'more') =>
  cluster.cluster.push(...bind(name, [rule], subject))
const inNamespace = (cluster: FakeCluster, rule: string) => {
  cluster.namespace = bind('more', [rule], eve, 'agents')
}

it('the list of who can be the pod in Kubernetes has the agent’s pods, administrators and accepted subjects, and names what RBAC does not show', async () => {
  await expect((await readLines()).join('\n')).toMatchFileSnapshot('golden/kube.txt')
})

const ofNamespace = [
  'create serviceaccounts/token',
  '* */token.*',
  'create serviceaccounts/token: demo-agent',
  'create serviceaccounts/token: other',
  'get,create serviceaccounts',
  'create cronjobs.batch',
  'create pods/exec',
  'create rolebindings.rbac.authorization.k8s.io',
  'patch deployments.apps: demo-agent',
  // A new one has no name yet.
  'create deployments.apps: demo-agent',
  'patch pods/ephemeralcontainers',
  'get pods/attach: demo-agent-1',
  'patch serviceaccounts',
  'patch serviceaccounts: other',
  'bind clusterroles.rbac.authorization.k8s.io: admin',
  'impersonate serviceaccounts',
  'patch namespaces',
  'list secrets',
  'get secrets: seal-keys',
  'get secrets: other',
  'update secrets',
  'create secrets',
  'patch secrets: other',
  'get,patch configmaps',
  'update configmaps: denied-agents',
  'patch configmaps: corporate-ca',
  'patch configmaps: more-settings',
  // The Deployment fixes its SHA-256.
  'patch configmaps: demo-agents-0123456789',
  'get,list configmaps',
  'delete networkpolicies.networking.k8s.io',
  'deletecollection networkpolicies.networking.k8s.io',
  'create networkpolicies.networking.k8s.io',
  'patch services',
  'create endpointslices.discovery.k8s.io',
  'update ingresses.networking.k8s.io',
  // It may name the account.
  'patch deployments.apps: other',
  'patch pods: demo-agent-1',
  // Its account is fixed.
  'patch pods: other',
  'create pods/exec: other',
  'get,create,update,patch pods/log,pods/eviction,deployments/scale.apps',
  // A role of a namespace cannot give this right.
  'get nodes/proxy',
].map((rule): Change => [rule, one => inNamespace(one, rule)])

const ofCluster = [
  'approve signers.certificates.k8s.io: kubernetes.io/kube-apiserver-client',
  'sign signers.certificates.k8s.io: kubernetes.io/*',
  'approve signers.certificates.k8s.io: kubernetes.io/kubelet-serving',
  'impersonate users: admin',
  'create mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'delete validatingadmissionpolicybindings.admissionregistration.k8s.io',
  'get nodes/proxy',
].map((rule): Change => [rule, one => inCluster(one, rule)])

const ofSystem = [
  'create serviceaccounts/token: clusterrole-aggregation-controller',
  'create pods',
  'impersonate serviceaccounts',
  // On EKS, it says which IAM role is which user.
  'patch configmaps: aws-auth',
  // It says how names resolve.
  'patch configmaps: coredns',
  '* events,endpoints',
].map(
  (rule): Change => [rule, one => Object.assign(one, { system: bind('more', [rule], eve, 'kube-system') })],
)

const group = 'authentication.k8s.io'
const impersonations = [
  `user-info users.${group} and create serviceaccounts/token`,
  `user-info users.${group}: system:kube-controller-manager and create serviceaccounts/token`,
  `serviceaccount serviceaccounts.${group} and create serviceaccounts/token`,
  `arbitrary-node nodes.${group} and create serviceaccounts/token`,
  `associated-node nodes.${group} and create serviceaccounts/token`,
  `user-info users.${group} and patch deployments.apps`,
  `associated-node nodes.${group} and list pods`,
  `user-info users.${group} and list pods`,
].map((rights): Change => {
  const [be = '', act = ''] = rights.split(' and ')
  const [mode] = be.split(' ')
  const change = (cluster: FakeCluster) => {
    inCluster(cluster, `impersonate:${be}`, eve, 'be')
    inCluster(cluster, `impersonate-on:${mode}:${act}`, eve, 'act')
  }
  return [rights, change]
})

const token = 'create serviceaccounts/token'
/** Replaces members of the role or binding of this name. */
const replace = (cluster: FakeCluster, name: string, members: { rules: unknown } | { subjects: unknown }) => {
  cluster.cluster = cluster.cluster.map(one => {
    const { kind, metadata } = one as ReturnType<typeof bind>[0]
    return metadata.name === name && (kind === 'ClusterRole') === 'rules' in members
      ? { ...one, ...members }
      : one
  })
}
const isBootstrap = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }

// biome-ignore format: table
const hidden: readonly Change[] = [
  ['a user whose name begins like the control plane’s', one => inCluster(one, token, { kind: 'User', name: 'system:hidden' })],
  ['a group whose name begins like the control plane’s', one => inCluster(one, token, { kind: 'Group', name: 'system:my-team' })],
  ['an add-on in kube-system', one => inCluster(one, token, { ...controller, name: 'add-on' })],
  ['a group that calls itself the controller manager', one => inCluster(one, token, { kind: 'Group', name: 'system:kube-controller-manager' }, 'system:kube-controller-manager')],
  ['a controller that another binding gives more', one => inCluster(one, token, controller)],
  ['a controller that another binding gives the same', one => inCluster(one, 'create pods', controller)],
  ['a controller whose ClusterRole became wider', one => replace(one, controllerName, { rules: ['create pods', token].map(ruleOf) })],
  ['one more subject of a controller’s binding', one => replace(one, controllerName, { subjects: [controller, eve] })],
  ['one more administrator in the binding of the API server', one => replace(one, 'cluster-admin', { subjects: [{ kind: 'Group', name: 'system:masters' }, eve] })],
  ['everybody, if the ClusterRole became wider that everybody has', one => inCluster(one, token, { kind: 'Group', name: 'system:authenticated' }, 'system:basic-user')],
  ['the built-in group of all users', one => inCluster(one, 'create pods', { kind: 'Group', name: 'system:authenticated' })],
  ['the built-in group of all ServiceAccounts', one => inCluster(one, 'create pods', { kind: 'Group', name: 'system:serviceaccounts' })],
  ['the built-in group of the ServiceAccounts of a namespace', one => inCluster(one, 'create pods', { kind: 'Group', name: 'system:serviceaccounts:storage' })],
  ['a binding that has the label and a name like those of the API server', one => {
    const [role, binding] = bind('system:controller:other', [token], { ...controller, name: 'other' })
    one.cluster.push(role, { ...binding, metadata: { ...binding.metadata, labels: isBootstrap } })
  }],
]

const asAgent = { serviceAccountName: 'demo-agent' }
// biome-ignore format: table
const runners: readonly Change[] = [
  ['a pod of somebody else', one => one.workloads.push(workload('Pod', 'intruder', '', asAgent))],
  ['a pod that already ended', one => one.workloads.push({ ...workload('Pod', 'intruder', '', asAgent), status: { phase: 'Succeeded' } })],
  ['a CronJob that has not run yet', one => one.workloads.push(workload('CronJob', 'nightly', '', { jobTemplate: { spec: template(asAgent) } }))],
  ['a Deployment without pods', one => one.workloads.push(workload('Deployment', 'other', '', template(asAgent, 'other'), 'other'))],
  ['a ReplicaSet that something unknown made', one => one.workloads.push(workload('ReplicaSet', 'rollout', 'argo', template(asAgent)))],
  ['a pod with another account', one => one.workloads.push(workload('Pod', 'other', '', { serviceAccountName: 'other' }))],
  ['a container that somebody added to a running pod', one => one.workloads.splice(2, 1, workload('Pod', 'demo-agent-1', 'demo-agent-5d', { ...agentSpec, ephemeralContainers: [{ name: 'debugger-x' }] }))],
  ['a second Deployment that claims to be the agent', one => one.workloads.push(workload('Deployment', 'copy', '', template(agentSpec)))],
]

const pods = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }
/** A webhook for objects of this rule, in namespaces and with labels as selected. */
function addWebhook(cluster: FakeCluster, rule: object, scope = {}): void {
  const webhooks = [{ name: 'inject.example', rules: [{ ...pods, ...rule }], ...scope }]
  const configuration = { kind: 'MutatingWebhookConfiguration', metadata: { name: 'inject' }, webhooks }
  cluster.labels = { ...cluster.labels, team: 'agents' }
  cluster.admission = [configuration]
}
const ofNamespaces = (...matchExpressions: readonly object[]) => ({ namespaceSelector: { matchExpressions } })
const ofLabel = (key: string, value: string) => ({ matchLabels: { [key]: value } })

// biome-ignore format: table
const webhooks: readonly Change[] = [
  ['for new pods', one => addWebhook(one, {})],
  ['for all operations', one => addWebhook(one, { operations: ['*'] })],
  ['for pods that are deleted', one => addWebhook(one, { operations: ['DELETE', 'CONNECT'] })],
  ['for workloads', one => addWebhook(one, { apiGroups: ['apps'], resources: ['deployments', 'replicasets'] })],
  ['for tokens', one => addWebhook(one, { resources: ['serviceaccounts/token'] })],
  ['for all that belongs to accounts', one => addWebhook(one, { resources: ['serviceaccounts/*'] })],
  ['for ConfigMaps', one => addWebhook(one, { operations: ['UPDATE'], resources: ['configmaps'] })],
  ['for everything', one => addWebhook(one, { operations: ['*'], apiGroups: ['*'], resources: ['*/*'] })],
  ['for other objects', one => addWebhook(one, { resources: ['events', 'persistentvolumeclaims'] })],
  ['for namespaces with a label that this one does not have', one => addWebhook(one, {}, { namespaceSelector: ofLabel('inject', 'yes') })],
  ['that leaves this namespace out', one => addWebhook(one, {}, ofNamespaces({ key: 'team', operator: 'NotIn', values: ['agents'] }))],
  ['for namespaces such as this one', one => addWebhook(one, {}, ofNamespaces({ key: 'team', operator: 'In', values: ['agents'] }, { key: 'inject', operator: 'DoesNotExist' }))],
  ['for pods with other labels', one => addWebhook(one, {}, { objectSelector: ofLabel('inject', 'yes') })],
  ['for pods with such labels', one => addWebhook(one, {}, { objectSelector: ofLabel('app.kubernetes.io/component', 'agent') })],
  ['for ConfigMaps with unknown labels', one => addWebhook(one, { resources: ['configmaps'] }, { objectSelector: ofLabel('inject', 'yes') })],
  ['with conditions', one => addWebhook(one, {}, { matchConditions: [{ name: 'some', expression: 'false' }] })],
]

it('it marks nothing that was accepted', async () => {
  const accepted = [
    'Pod:intruder',
    'CronJob:nightly',
    'Pod:demo-agent-1',
    'MutatingWebhookConfiguration:inject',
    'eve',
  ]
  const lines = await readLines(
    cluster => {
      for (const [, change] of [...runners.slice(0, 3), ...runners.slice(6, 7)]) change(cluster)
      addWebhook(cluster, {})
      inNamespace(cluster, token)
    },
    ...accepted,
  )
  expect(lines.filter(line => line.startsWith('surplus'))).toEqual([])
})

const policy = {
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'images' },
  spec: { matchConstraints: { resourceRules: [pods] } },
}
const binding = {
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: 'all' },
  spec: { policyName: 'images' },
}
const isBaseline = { 'pod-security.kubernetes.io/enforce': 'baseline' }

// biome-ignore format: table
const admission: readonly Change[] = [
  ['a policy for pods', one => Object.assign(one, { admission: [policy, binding] })],
  ['a policy without a binding', one => Object.assign(one, { admission: [policy] })],
  ['no Pod Security', one => Object.assign(one, { labels: {} })],
  ['Pod Security baseline', one => Object.assign(one, { labels: isBaseline })],
]

// biome-ignore format: table
const refused: readonly Change[] = [
  ['nothing can be read', one => Object.assign(one, { refused: /./ })],
  ['no roles can be read', one => Object.assign(one, { refused: /roles/ })],
  ['no workloads can be read, so every name is taken for one of its own', one => inNamespace(Object.assign(one, { refused: /pods/ }), 'patch configmaps: any')],
  ['neither the namespace nor webhooks can be read', one => Object.assign(one, { refused: /namespaces|webhook/ })],
  ['kubectl uses another cluster than the agent', one => Object.assign(one, { issuer: 'https://another.example' })],
]

// biome-ignore format: table
it.each([
  ['who has rights in the namespace that lead to the pod, and nobody else', 'namespace', ofNamespace],
  ['who has rights in the cluster that lead to the pod, and nobody else', 'cluster', ofCluster],
  ['who has rights in kube-system by which they can be a controller, and nobody else', 'system', ofSystem],
  ['who may do such things as somebody else (constrained impersonation), and nobody else', 'impersonation', impersonations],
  ['who hides behind the name of something that the control plane has', 'hidden', hidden],
  ['what runs as the account and is not the chart’s', 'runners', runners],
  ['webhooks that change what leads to the pod, and no others', 'webhooks', webhooks],
  ['what the namespace admits, and what could not be evaluated of that', 'admission', admission],
  ['what kubectl cannot read, or that it reads another cluster, with cause and remedy, and all the rest', 'refused', refused],
])('it tells or marks %s', async (_what, golden, changes) => {
  const before = await readLines()
  const texts: string[] = []
  for (const [what, change] of changes) {
    const after = await readLines(change)
    const added = after.filter(line => !before.includes(line)).map(line => `    ${line}`)
    const gone = before.filter(line => !after.includes(line)).map(line => `    no more: ${line}`)
    const lines = [...added, ...gone]
    texts.push(what, ...(lines.length > 0 ? lines : ['    nothing']))
  }
  await expect(texts.join('\n')).toMatchFileSnapshot(`golden/kube-${golden}.txt`)
})
