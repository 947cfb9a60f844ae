/** Rights and objects that nobody asked for, and what the blast radius says of them. */
export interface SurplusRight {
  readonly objects?: readonly object[]
  /** Changes to objects of the cluster itself. */
  readonly changes?: readonly Change[]
  /** The marked lines; none if this is no way to the agent. */
  readonly told: readonly string[]
}
export interface Change {
  readonly kind: string
  readonly name: string
  /** The list to which `added` is appended. */
  readonly list: 'rules' | 'subjects'
  readonly added: object
}

interface Rule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
}

const rbac = 'rbac.authorization.k8s.io'
const networking = 'networking.k8s.io'
const authentication = 'authentication.k8s.io'

const to = (verbs: string, group: string, resources: string, ...resourceNames: readonly string[]): Rule => ({
  ...{ verbs: verbs.split(' '), apiGroups: [group], resources: resources.split(' ') },
  ...(resourceNames.length > 0 ? { resourceNames } : {}),
})
const subjectOf = (kind: 'User' | 'Group', name: string) => ({ kind, name, apiGroup: rbac })
const accountOf = (namespace: string, name: string) => ({ kind: 'ServiceAccount', namespace, name })

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

const runs = 'may run as it: any pod of the namespace may name it'
const enters = 'may get into its pods'
const mints = 'may mint its tokens'
const acts = 'may act as somebody who has such rights'
const replaces = 'may put a server of theirs in the place of one that pods or users call'
const opens = 'may open its ports to other pods'
const changesFiles = 'may change ConfigMaps that its pods use (emulator-authority)'
const controls = 'may be a controller of kube-system, which has such rights'

/**
 * @param namespace of the agent, whose ServiceAccount is `demo-agent`
 * @param pod name of the agent's pod
 */
export function listSurplusRights(namespace: string, pod: string): readonly SurplusRight[] {
  // biome-ignore format: table
  const inNamespace: readonly (readonly [rule: Rule, told: string | undefined])[] = [
    [to('get patch update', '', 'configmaps'), changesFiles],
    [to('patch', '', 'configmaps', 'emulator-authority'), changesFiles],
    [to('patch', '', 'configmaps', 'something-else'), undefined],
    [to('update', '', 'secrets'), 'may change secrets of the namespace'],
    [to('create', networking, 'networkpolicies'), opens],
    [to('deletecollection', networking, 'networkpolicies'), opens],
    [to('patch', '', 'services'), replaces],
    [to('create', 'discovery.k8s.io', 'endpointslices'), replaces],
    [to('update', networking, 'ingresses'), replaces],
    [to('patch', 'apps', 'deployments', 'something-else'), runs],
    [to('patch', '', 'pods', pod), runs],
    [to('patch', '', 'pods', 'something-else'), undefined],
    [to('create', '', 'pods/exec', pod), enters],
    [to('create', '', 'pods/exec', 'something-else'), undefined],
    [to('get create update patch', '', 'pods/log pods/eviction'), undefined],
    [to('update', '', 'namespaces', namespace), 'may change what the namespace admits'],
  ]
  const rights = inNamespace.map(([rule, told], index): SurplusRight => {
    const [user, name] = [`user-${index}`, `right-${index}`]
    return {
      objects: grant(name, namespace, subjectOf('User', user), [rule]),
      told: told === undefined ? [] : [`${user} ${told} (RoleBinding ${namespace}:${name})`],
    }
  })
  return [
    ...rights,
    ...hiddenIdentities(namespace),
    ...impersonators(namespace),
    ...elsewhere(namespace),
    ...runners(namespace),
    ...webhooks(namespace),
  ]
}

/** Those who look like the control plane, or got into its bindings and roles. */
function hiddenIdentities(namespace: string): readonly SurplusRight[] {
  const mint = [to('create', '', 'serviceaccounts/token', 'demo-agent')]
  const mintAndEnter = [to('create', '', 'serviceaccounts/token pods/exec')]
  const controller = 'system:controller:job-controller'
  const bootstrap = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
  const own = `system:controller:${namespace}`
  const granted = (name: string) => [`RoleBinding ${namespace}:${name}`]
  return [
    {
      objects: grant('hidden-user', namespace, subjectOf('User', 'system:u13-hidden'), mintAndEnter),
      told: [mints, enters].map(way => `system:u13-hidden ${way} (${granted('hidden-user')})`),
    },
    {
      objects: grant('hidden-group', namespace, subjectOf('Group', 'system:my-team'), mintAndEnter),
      told: [mints, enters].map(way => `system:my-team ${way} (${granted('hidden-group')})`),
    },
    {
      objects: grant(own, undefined, accountOf('kube-system', namespace), mint, bootstrap),
      told: [`system:serviceaccount:kube-system:${namespace} ${mints} (ClusterRoleBinding ${own})`],
    },
    {
      objects: grant(
        'more-for-manager',
        namespace,
        subjectOf('User', 'system:kube-controller-manager'),
        mint,
      ),
      told: [`system:kube-controller-manager ${mints} (${granted('more-for-manager')})`],
    },
    {
      changes: [
        {
          kind: 'clusterrolebinding',
          name: controller,
          list: 'subjects',
          added: subjectOf('User', 'joined'),
        },
      ],
      told: [`joined ${runs} (ClusterRoleBinding ${controller})`],
    },
    {
      changes: [
        {
          kind: 'clusterrolebinding',
          name: 'cluster-admin',
          list: 'subjects',
          added: subjectOf('User', 'root'),
        },
      ],
      told: ['root may do everything (ClusterRoleBinding cluster-admin)'],
    },
    {
      changes: [
        { kind: 'clusterrole', name: 'system:kube-scheduler', list: 'rules', added: mint[0] as object },
        { kind: 'clusterrole', name: 'system:basic-user', list: 'rules', added: mint[0] as object },
      ],
      told: [
        `system:kube-scheduler ${mints} (ClusterRoleBinding system:kube-scheduler)`,
        `system:authenticated ${mints} (ClusterRoleBinding system:basic-user)`,
      ],
    },
    {
      // Everybody who may view may do more, by a label.
      objects: [
        {
          ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', rules: [to('create', '', 'pods/exec')] },
          metadata: {
            name: `${namespace}-more-for-view`,
            labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' },
          },
        },
        {
          ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { name: 'view', namespace } },
          roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'view' },
          subjects: [subjectOf('User', 'viewer')],
        },
      ],
      told: [`viewer ${enters} (RoleBinding ${namespace}:view)`],
    },
  ]
}

/** Those who may be somebody else by constrained impersonation. */
function impersonators(namespace: string): readonly SurplusRight[] {
  const modes = [
    ['user-info', 'users', accountOf('elsewhere', 'default'), 'system:serviceaccount:elsewhere:default'],
    ['arbitrary-node', 'nodes', subjectOf('User', 'as-node'), 'as-node'],
    ['serviceaccount', 'serviceaccounts', subjectOf('User', 'as-account'), 'as-account'],
  ] as const
  return modes.map(([mode, resource, subject, name]) => {
    const be = to(`impersonate:${mode}`, authentication, resource)
    const act = to(`impersonate-on:${mode}:create`, '', 'serviceaccounts/token')
    return {
      objects: grant(`${namespace}-${mode}`, undefined, subject, [be, act]),
      told: [`${name} ${acts} (ClusterRoleBinding ${namespace}-${mode})`],
    }
  })
}

/** Rights in kube-system that reach the agent. */
function elsewhere(namespace: string): readonly SurplusRight[] {
  const rules = [
    [to('create', '', 'serviceaccounts/token', 'clusterrole-aggregation-controller'), controls],
    [to('create', '', 'pods'), controls],
    [to('patch', '', 'configmaps', 'coredns'), replaces],
  ] as const
  return rules.map(([rule, told], index) => {
    const [user, name] = [`elsewhere-${index}`, `${namespace}-${index}`]
    return {
      objects: grant(name, 'kube-system', subjectOf('User', user), [rule]),
      told: [`${user} ${told} (RoleBinding kube-system:${name})`],
    }
  })
}

/** What already runs, or would run, as the account. */
function runners(namespace: string): readonly SurplusRight[] {
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
  const told = (name: string) => [`${name} runs as it, and is not the chart’s`]
  return [
    {
      objects: [
        { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'intruder', namespace }, spec: spec('Never') },
      ],
      told: told('Pod:intruder'),
    },
    {
      objects: [
        {
          ...{ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'nightly', namespace } },
          spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: { spec: spec('Never') } } } },
        },
      ],
      told: told('CronJob:nightly'),
    },
    {
      objects: [
        {
          ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'idle', namespace } },
          spec: { replicas: 0, selector: { matchLabels: { app: 'idle' } }, template },
        },
      ],
      told: told('Deployment:idle'),
    },
  ]
}

/** Webhooks and policies that may change the agent's objects. None of them answers. */
function webhooks(namespace: string): readonly SurplusRight[] {
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } }
  const group = 'admissionregistration.k8s.io'
  const ruleOf = (operations: readonly string[], apiGroup: string, resources: readonly string[]) => ({
    ...{ operations, apiGroups: [apiGroup], apiVersions: ['v1'], resources },
  })
  const webhook = (
    name: string,
    rules: readonly object[],
    ways: readonly string[],
    more = {},
  ): SurplusRight => ({
    objects: [
      {
        ...{ apiVersion: `${group}/v1`, kind: 'MutatingWebhookConfiguration' },
        metadata: { name: `${namespace}-${name}` },
        webhooks: [
          {
            ...{ name: `${name}.example.com`, rules, namespaceSelector, ...more },
            clientConfig: { url: 'https://127.0.0.1:9/' },
            ...{
              sideEffects: 'None',
              admissionReviewVersions: ['v1'],
              failurePolicy: 'Ignore',
              timeoutSeconds: 1,
            },
          },
        ],
      },
    ],
    told: ways.map(
      way => `MutatingWebhookConfiguration:${namespace}-${name} ${way} (as objects are written)`,
    ),
  })
  const policy = { name: `${namespace}-policy` }
  return [
    webhook('workloads', [ruleOf(['CREATE'], 'apps', ['deployments', 'replicasets'])], [runs]),
    webhook('files', [ruleOf(['CREATE', 'UPDATE'], '', ['configmaps'])], [changesFiles]),
    webhook('tokens', [ruleOf(['CREATE'], '', ['serviceaccounts/token'])], [mints]),
    webhook('deletions', [ruleOf(['DELETE'], '', ['pods'])], []),
    webhook('others', [ruleOf(['CREATE'], '', ['pods'])], [], {
      objectSelector: { matchLabels: { inject: 'yes' } },
    }),
    {
      objects: [
        {
          ...{ apiVersion: `${group}/v1`, kind: 'MutatingAdmissionPolicy', metadata: policy },
          spec: {
            matchConstraints: { namespaceSelector, resourceRules: [ruleOf(['CREATE'], '', ['pods'])] },
            failurePolicy: 'Ignore',
            reinvocationPolicy: 'Never',
            mutations: [
              {
                patchType: 'ApplyConfiguration',
                applyConfiguration: {
                  expression: 'Object{metadata: Object.metadata{labels: {"touched": "yes"}}}',
                },
              },
            ],
          },
        },
        {
          ...{ apiVersion: `${group}/v1`, kind: 'MutatingAdmissionPolicyBinding', metadata: policy },
          spec: { policyName: policy.name },
        },
      ],
      told: [`MutatingAdmissionPolicy:${namespace}-policy ${runs} (as objects are written)`],
    },
  ]
}
