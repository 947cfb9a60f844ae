/** Rights and objects that nobody asked for. Users have the names of what they may do. */
export interface SurplusRights {
  readonly objects: readonly object[]
  /** Changes to objects of the cluster itself. */
  readonly changes: readonly Change[]
}
export interface Change {
  readonly kind: 'clusterrole' | 'clusterrolebinding'
  readonly name: string
  /** The list to which `added` is appended. */
  readonly list: 'rules' | 'subjects'
  readonly added: object
}

const rbac = 'rbac.authorization.k8s.io'
const networking = 'networking.k8s.io'
const admission = 'admissionregistration.k8s.io'
const authentication = 'authentication.k8s.io'

const to = (verbs: string, group: string, resources: string, ...resourceNames: readonly string[]) => ({
  ...{ verbs: verbs.split(' '), apiGroups: [group], resources: resources.split(' ') },
  ...(resourceNames.length > 0 ? { resourceNames } : {}),
})
type Rule = ReturnType<typeof to>
const user = (name: string) => ({ kind: 'User', name, apiGroup: rbac })
const team = (name: string) => ({ kind: 'Group', name, apiGroup: rbac })
const account = (namespace: string, name: string) => ({ kind: 'ServiceAccount', namespace, name })

/** A role with these rules, and its binding, in a namespace or for the whole cluster. */
function grant(
  name: string,
  namespace: string | undefined,
  subject: object,
  rules: readonly Rule[],
  labels = {},
) {
  const kind = namespace === undefined ? 'ClusterRole' : 'Role'
  const object = { apiVersion: `${rbac}/v1`, metadata: { name, namespace, labels } }
  return [
    { ...object, kind, rules },
    { ...object, kind: `${kind}Binding`, roleRef: { apiGroup: rbac, kind, name }, subjects: [subject] },
  ]
}

/**
 * @param namespace of the agent, whose ServiceAccount is `demo-agent`
 * @param pod name of the agent's pod
 */
export function listSurplusRights(namespace: string, pod: string): SurplusRights {
  const mint = to('create', '', 'serviceaccounts/token', 'demo-agent')
  const mintAndEnter = [to('create', '', 'serviceaccounts/token pods/exec')]
  // biome-ignore format: table
  const inNamespace: Readonly<Record<string, Rule>> = {
    'changes-config-maps': to('get patch update', '', 'configmaps'),
    'changes-a-config-map': to('patch', '', 'configmaps', 'emulator-authority'),
    'changes-another-config-map': to('patch', '', 'configmaps', 'something-else'),
    'changes-secrets': to('update', '', 'secrets'),
    'creates-policies': to('create', networking, 'networkpolicies'),
    'deletes-policies': to('deletecollection', networking, 'networkpolicies'),
    'changes-services': to('patch', '', 'services'),
    'creates-endpoint-slices': to('create', 'discovery.k8s.io', 'endpointslices'),
    'changes-ingresses': to('update', networking, 'ingresses'),
    'changes-another-deployment': to('patch', 'apps', 'deployments', 'something-else'),
    'changes-the-pod': to('patch', '', 'pods', pod),
    'changes-another-pod': to('patch', '', 'pods', 'something-else'),
    'enters-the-pod': to('create', '', 'pods/exec', pod),
    'enters-another-pod': to('create', '', 'pods/exec', 'something-else'),
    'reads-logs-and-evicts': to('get create update patch', '', 'pods/log pods/eviction'),
    'changes-the-namespace': to('update', '', 'namespaces', namespace),
  }
  // biome-ignore format: table
  const inKubeSystem: Readonly<Record<string, Rule>> = {
    'mints-tokens-of-a-controller': to('create', '', 'serviceaccounts/token', 'clusterrole-aggregation-controller'),
    'creates-pods-in-kube-system': to('create', '', 'pods'),
    'changes-the-name-server': to('patch', '', 'configmaps', 'coredns'),
  }
  // Those who look like the control plane, or like everybody.
  const hidden = [
    ...grant('hidden-user', namespace, user('system:u13-hidden'), mintAndEnter),
    ...grant('hidden-group', namespace, team('system:my-team'), mintAndEnter),
    ...grant('everybody', namespace, team('system:authenticated'), [
      to('impersonate', '', 'serviceaccounts'),
    ]),
    ...grant('more-for-manager', namespace, user('system:kube-controller-manager'), [mint]),
    ...grant(`system:controller:${namespace}`, undefined, account('kube-system', namespace), [mint], {
      'kubernetes.io/bootstrapping': 'rbac-defaults',
    }),
  ]
  // Those who may be somebody else by constrained impersonation.
  const impersonators = [
    { mode: 'user-info', resource: 'users', subject: account('elsewhere', 'default') },
    { mode: 'arbitrary-node', resource: 'nodes', subject: user('acts-as-a-node') },
    { mode: 'serviceaccount', resource: 'serviceaccounts', subject: user('acts-as-an-account') },
  ].flatMap(({ mode, resource, subject }) => {
    const be = to(`impersonate:${mode}`, authentication, resource)
    const act = to(`impersonate-on:${mode}:create`, '', 'serviceaccounts/token')
    return grant(`${namespace}-${mode}`, undefined, subject, [be, act])
  })
  // Everybody who may view may do more, by a label.
  const moreForView = {
    ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', rules: [to('create', '', 'pods/exec')] },
    metadata: {
      name: `${namespace}-more-for-view`,
      labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' },
    },
  }
  const viewer = {
    ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { name: 'view', namespace } },
    ...{ roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'view' }, subjects: [user('viewer')] },
  }
  const changed = (name: string, list: Change['list'], added: object): Change => ({
    ...{ kind: list === 'rules' ? 'clusterrole' : 'clusterrolebinding', name, list, added },
  })
  return {
    objects: [
      ...Object.entries(inNamespace).flatMap(([name, rule]) => grant(name, namespace, user(name), [rule])),
      ...Object.entries(inKubeSystem).flatMap(([name, rule]) =>
        grant(`${namespace}-${name}`, 'kube-system', user(name), [rule]),
      ),
      ...[...hidden, ...impersonators, moreForView, viewer],
      ...[...runners(namespace), ...webhooks(namespace)],
    ],
    changes: [
      changed('system:controller:job-controller', 'subjects', user('joined')),
      changed('cluster-admin', 'subjects', user('root')),
      changed('system:kube-scheduler', 'rules', mint),
      changed('system:basic-user', 'rules', mint),
    ],
  }
}

/** What already runs, or would run, as the account. */
function runners(namespace: string): readonly object[] {
  const spec = (restartPolicy: string) => ({
    ...{ serviceAccountName: 'demo-agent', restartPolicy, nodeSelector: { nowhere: 'true' } },
    securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        ...{ name: 'main', image: 'nothing' },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  })
  const template = { metadata: { labels: { app: 'idle' } }, spec: spec('Always') }
  const jobTemplate = { spec: { template: { spec: spec('Never') } } }
  return [
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'intruder', namespace }, spec: spec('Never') },
    {
      ...{ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'nightly', namespace } },
      spec: { schedule: '0 0 1 1 *', jobTemplate },
    },
    {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'idle', namespace } },
      spec: { replicas: 0, selector: { matchLabels: { app: 'idle' } }, template },
    },
  ]
}

/** Webhooks and policies that may change the agent's objects. None of them answers. */
function webhooks(namespace: string): readonly object[] {
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } }
  const rule = (operations: string, apiGroup: string, resources: string) => ({
    ...{ operations: operations.split(' '), apiGroups: [apiGroup], apiVersions: ['v1'] },
    resources: resources.split(' '),
  })
  const webhook = (name: string, rules: readonly object[], more = {}) => ({
    ...{ apiVersion: `${admission}/v1`, kind: 'MutatingWebhookConfiguration' },
    metadata: { name: `${namespace}-${name}` },
    webhooks: [
      {
        ...{ name: `${name}.example.com`, rules, namespaceSelector, ...more },
        ...{ clientConfig: { url: 'https://127.0.0.1:9/' }, sideEffects: 'None', timeoutSeconds: 1 },
        ...{ admissionReviewVersions: ['v1'], failurePolicy: 'Ignore' },
      },
    ],
  })
  const metadata = { name: `${namespace}-policy` }
  const expression = 'Object{metadata: Object.metadata{labels: {"touched": "yes"}}}'
  return [
    webhook('workloads', [rule('CREATE', 'apps', 'deployments replicasets')]),
    webhook('files', [rule('CREATE UPDATE', '', 'configmaps')]),
    webhook('tokens', [rule('CREATE', '', 'serviceaccounts/token')]),
    webhook('deletions', [rule('DELETE', '', 'pods')]),
    webhook('others', [rule('CREATE', '', 'pods')], { objectSelector: { matchLabels: { inject: 'yes' } } }),
    {
      ...{ apiVersion: `${admission}/v1`, kind: 'MutatingAdmissionPolicy', metadata },
      spec: {
        matchConstraints: { namespaceSelector, resourceRules: [rule('CREATE', '', 'pods')] },
        ...{ failurePolicy: 'Ignore', reinvocationPolicy: 'Never' },
        mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
      },
    },
    {
      ...{ apiVersion: `${admission}/v1`, kind: 'MutatingAdmissionPolicyBinding', metadata },
      spec: { policyName: metadata.name },
    },
  ]
}
