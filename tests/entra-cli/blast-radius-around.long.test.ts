import { writeFileSync } from 'node:fs'
import { reviewPermissions } from '@entra-bedrock-agent/identity-trace'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { tenantId } from '../../emulators/entra/src/testing/start-entra.ts'
import type { Role } from '../../scripts/doctor/aws/role.ts'
import { renderRole } from '../../scripts/doctor/aws/role-template.ts'
import { readAzureAs } from '../../scripts/entra/blast-radius/azure.ts'
import { type BlastRadius, flatten } from '../../scripts/entra/blast-radius/branch.ts'
import { readKube } from '../../scripts/entra/blast-radius/kube.ts'
import type { Json } from '../../scripts/entra/graph.ts'
import { permissions } from '../../scripts/entra/objects/kinds.ts'
import { useSetUp } from './support/tenant.ts'

const issuer = 'https://oidc.eks.eu-central-1.amazonaws.com/id/ABC'
const host = issuer.replace('https://', '')
const roleArn = 'arn:aws:iam::111122223333:role/entra-bedrock-agent'

const tenant = useSetUp(`apply --cluster-issuer ${issuer} --service-account agents:demo-agent`, [
  ...permissions,
  ...reviewPermissions,
])
const { idOf, run } = tenant
const templateRole = await renderRole(roleArn, { Issuer: issuer, OidcProvider: 'existing' }, 'eu-central-1')

interface Rule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
}
const role = (kind: string, name: string, rules: readonly Rule[], namespace?: string) => ({
  kind,
  metadata: { name, namespace },
  rules,
})
const bind = (kind: string, name: string, roleKind: string, subject: object, namespace?: string) => ({
  kind,
  metadata: { name, namespace },
  roleRef: { kind: roleKind, name },
  subjects: [subject],
})
const anyRule: Rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }
const podRule: Rule = { verbs: ['create'], apiGroups: [''], resources: ['pods'] }
const controller = { kind: 'ServiceAccount', name: 'replicaset-controller', namespace: 'kube-system' }
const controllerName = 'system:controller:replicaset-controller'
const provisioner = { kind: 'ServiceAccount', name: 'provisioner', namespace: 'storage' }

const labelsOf = (component: string) => ({
  'app.kubernetes.io/instance': 'demo',
  'app.kubernetes.io/component': component,
})
/** An object of the release, made by the one that is named `<maker>`. */
const workload = (
  kind: string,
  name: string,
  maker: string | undefined,
  spec: object,
  component = 'agent',
) => ({
  kind,
  metadata: {
    ...{ name, uid: name, labels: labelsOf(component) },
    ...(maker === undefined ? {} : { ownerReferences: [{ uid: maker, controller: true }] }),
  },
  spec,
})
const asAgent = { serviceAccountName: 'demo-agent' }
const template = (spec: object, component = 'agent') => ({
  template: { metadata: { labels: labelsOf(component) }, spec },
})
const agentSpec = {
  ...asAgent,
  containers: [
    {
      env: [
        { name: 'AGENTS_CONFIG_SHA256', value: `0123456789${'a'.repeat(54)}` },
        { name: 'HTTPS_PROXY', valueFrom: { secretKeyRef: { name: 'proxy', key: 'HTTPS_PROXY' } } },
      ],
      envFrom: [{ configMapRef: { name: 'more-settings' } }, { secretRef: { name: 'seal-keys' } }],
    },
  ],
  volumes: [
    { name: 'agents', configMap: { name: 'demo-agents-0123456789' } },
    { name: 'ca', configMap: { name: 'corporate-ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  ],
}
const apiSpec = {
  serviceAccountName: 'demo-weather-api',
  volumes: [{ name: 'deny-list', configMap: { name: 'denied-agents' } }],
}
const release = [
  workload('Deployment', 'demo-agent', undefined, template(agentSpec)),
  workload('ReplicaSet', 'demo-agent-5d', 'demo-agent', template(agentSpec)),
  workload('Pod', 'demo-agent-1', 'demo-agent-5d', agentSpec),
  workload('Deployment', 'demo-weather-api', undefined, template(apiSpec, 'weather-api'), 'weather-api'),
]

/** A newly made cluster: administrators, controllers, and an add-on that makes pods. */
const newCluster = () => ({
  cluster: [
    role('ClusterRole', 'cluster-admin', [anyRule]),
    bind('ClusterRoleBinding', 'cluster-admin', 'ClusterRole', { kind: 'Group', name: 'system:masters' }),
    role('ClusterRole', controllerName, [podRule]),
    bind('ClusterRoleBinding', controllerName, 'ClusterRole', controller),
    role('ClusterRole', 'provisioner', [podRule]),
    bind('ClusterRoleBinding', 'provisioner', 'ClusterRole', provisioner),
  ] as object[],
  namespace: [] as object[],
  /** Roles and bindings of kube-system. */
  system: [] as object[],
  labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } as Readonly<Record<string, string>>,
  /** Webhooks and policies. */
  admission: [] as object[],
  workloads: [...release] as object[],
  issuer,
})
const acceptOptions = ['--accept', 'system:serviceaccount:storage:provisioner']

const trustStatement = {
  Effect: 'Allow',
  Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${host}` },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: {
    StringEquals: {
      [`${host}:aud`]: 'sts.amazonaws.com',
      [`${host}:sub`]: 'system:serviceaccount:agents:demo-agent',
    },
  },
}
const profile = 'arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.anthropic.claude-haiku-5-5'

let azure: Readonly<Record<string, object>>
let kube: ReturnType<typeof newCluster>
let sessionHours: number
let awsRole: { trust: Readonly<Record<string, unknown>>[]; access: Readonly<Record<string, unknown>>[] }
beforeEach(() => {
  kube = newCluster()
  sessionHours = 1
  awsRole = { trust: [trustStatement], access: [...templateRole.access] }
  azure = {
    '/subscriptions?': {
      value: [{ subscriptionId: 's1', displayName: 'Production' }],
      nextLink: 'https://management.azure.com/next',
    },
    'https://management.azure.com/next': { value: [{ subscriptionId: 's2', displayName: 'Trials' }] },
  }
  tenant.workplace.surroundings = {
    readAzure: () => async url => {
      const found = Object.entries(azure).find(([start]) => decodeURIComponent(url).startsWith(start))
      if (found) return found[1] as Json
      if (url.includes('roleAssignments')) return { value: [] }
      throw new Error('Azure Resource Manager responded 403.')
    },
    cluster: { run: readCluster },
    readRole: async (): Promise<Role> => ({ ...awsRole, sessionHours }),
  }
})

async function readCluster(args: readonly string[]): Promise<string> {
  if (args.includes('--raw')) return JSON.stringify({ issuer: kube.issuer })
  const [kind = ''] = args[1]?.split(',') ?? []
  // The cluster is of an older Kubernetes, which has no such policies.
  if (kind === 'mutatingadmissionpolicies')
    throw new Error(`the server doesn't have a resource type "${kind}"`)
  return JSON.stringify({ items: itemsOf(kind, args.at(args.indexOf('--namespace') + 1)) })
}

const itemsOf = (kind: string, namespace: string | undefined): readonly object[] => {
  if (/admission|webhook/.test(kind)) return kube.admission.filter(one => isOfKind(one, kind))
  if (kind === 'namespaces') return [{ metadata: { name: 'agents', labels: kube.labels } }]
  if (kind.startsWith('cluster')) return kube.cluster
  if (kind === 'roles') return namespace === 'kube-system' ? kube.system : kube.namespace
  return kube.workloads
}
const isOfKind = (object: object, kinds: string) =>
  /webhook/.test(kinds) === /Webhook/.test(String((object as { readonly kind: string }).kind))

async function readRadius(...options: readonly string[]) {
  const { code, output } = await run('blast-radius --json', ...options)
  const { who, what } = JSON.parse(output) as BlastRadius
  const all = flatten([...who, ...what])
  const marked = (mark: string) => all.filter(one => one.mark === mark).map(({ title }) => title)
  return { code, titles: all.map(({ title }) => title), surplus: marked('surplus'), unread: marked('unread') }
}

/** What `--kube` alone marks as surplus. */
async function surplusInKube(...alsoAccepted: readonly string[]) {
  const credential = { issuer, subject: 'system:serviceaccount:agents:demo-agent' }
  const accepted = ['system:serviceaccount:storage:provisioner', ...alsoAccepted]
  const branches = flatten(await readKube({ run: readCluster }, [credential], accepted))
  return branches.filter(({ mark }) => mark === 'surplus').map(({ title }) => title)
}

describe('the list of who can be the pod in Kubernetes', () => {
  it('has the agent’s pods, administrators and accepted subjects, and names what RBAC does not show', async () => {
    const { code, titles, surplus, unread } = await readRadius('--kube', ...acceptOptions)
    expect(surplus).toEqual([])
    expect(code).toBe(0)
    expect(titles).toContain('who can be ServiceAccount agents:demo-agent')
    expect(titles).toContain('pod demo-agent-1')
    expect(titles).toContain('system:masters may do everything (ClusterRoleBinding cluster-admin)')
    expect(titles).toContain('Pod Security of the namespace: restricted')
    expect(unread).toEqual([
      expect.stringContaining('EKS access entries'),
      expect.stringContaining('who gets onto the nodes'),
      expect.stringContaining('custom resources'),
      expect.stringContaining('audit log'),
      expect.stringContaining('Azure RBAC'),
    ])
  })

  const eve = { kind: 'User', name: 'eve' }
  const run = 'may run as it: any pod of the namespace may name it'
  const readSecrets = 'may read secrets that its pods use (proxy, seal-keys)'
  const writeSecrets = 'may change secrets that its pods use (proxy, seal-keys)'
  const writeConfigMaps =
    'may change ConfigMaps that its pods use (more-settings, corporate-ca, denied-agents)'
  const openPorts = 'may open its ports to other pods'
  const replaceServers = 'may put a server of theirs in the place of one that pods or users call'
  // biome-ignore format: table
  const additions: [what: string, rule: Rule, told: string | undefined][] = [
    ['who may mint tokens', { verbs: ['create'], apiGroups: [''], resources: ['serviceaccounts/token'] }, 'may mint its tokens'],
    ['who may mint tokens of all subresources', { verbs: ['*'], apiGroups: ['*'], resources: ['*/token'] }, 'may mint its tokens'],
    ['who may mint tokens of this account', { verbs: ['create'], apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: ['demo-agent'] }, 'may mint its tokens'],
    ['nobody who may mint tokens of another account', { verbs: ['create'], apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: ['other'] }, undefined],
    ['nobody who may only read accounts', { verbs: ['get', 'create'], apiGroups: [''], resources: ['serviceaccounts'] }, undefined],
    ['who may make jobs', { verbs: ['create'], apiGroups: ['batch'], resources: ['cronjobs'] }, 'may run as it: any pod of the namespace may name it'],
    ['who may get into pods', { verbs: ['create'], apiGroups: [''], resources: ['pods/exec'] }, 'may get into its pods'],
    ['who may bind roles', { verbs: ['create'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'] }, 'may give such rights'],
    ['who may change this deployment', { verbs: ['patch'], apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['demo-agent'] }, 'may run as it: any pod of the namespace may name it'],
    ['nobody who may create deployments by name only, since a new one has no name yet', { verbs: ['create'], apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['demo-agent'] }, undefined],
    ['who may add containers to pods', { verbs: ['patch'], apiGroups: [''], resources: ['pods/ephemeralcontainers'] }, 'may get into its pods'],
    ['who may attach to a pod', { verbs: ['get'], apiGroups: [''], resources: ['pods/attach'], resourceNames: ['demo-agent-1'] }, 'may get into its pods'],
    ['who may change the account', { verbs: ['patch'], apiGroups: [''], resources: ['serviceaccounts'] }, 'may change the ServiceAccount'],
    ['nobody who may change another account', { verbs: ['patch'], apiGroups: [''], resources: ['serviceaccounts'], resourceNames: ['other'] }, undefined],
    ['who may bind one role', { verbs: ['bind'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], resourceNames: ['admin'] }, 'may give such rights'],
    ['who may act as an account of the namespace', { verbs: ['impersonate'], apiGroups: [''], resources: ['serviceaccounts'] }, 'may act as somebody who has such rights'],
    ['who may change the namespace, and so its Pod Security', { verbs: ['patch'], apiGroups: [''], resources: ['namespaces'] }, 'may change what the namespace admits'],
    ['who may read secrets', { verbs: ['list'], apiGroups: [''], resources: ['secrets'] }, readSecrets],
    ['who may read a secret of the release', { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['seal-keys'] }, readSecrets],
    ['nobody who may read another secret', { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['other'] }, undefined],
    ['who may write secrets', { verbs: ['update'], apiGroups: [''], resources: ['secrets'] }, writeSecrets],
    ['who may make secrets', { verbs: ['create'], apiGroups: [''], resources: ['secrets'] }, writeSecrets],
    ['nobody who may write another secret', { verbs: ['patch'], apiGroups: [''], resources: ['secrets'], resourceNames: ['other'] }, undefined],
    ['who may write ConfigMaps', { verbs: ['get', 'patch'], apiGroups: [''], resources: ['configmaps'] }, writeConfigMaps],
    ['who may write the deny list', { verbs: ['update'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['denied-agents'] }, writeConfigMaps],
    ['who may write the additional certificates', { verbs: ['patch'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['corporate-ca'] }, writeConfigMaps],
    ['who may write additional settings', { verbs: ['patch'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['more-settings'] }, writeConfigMaps],
    ['nobody who may write a file whose SHA-256 the Deployment fixes', { verbs: ['patch'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['demo-agents-0123456789'] }, undefined],
    ['nobody who may read ConfigMaps', { verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'] }, undefined],
    ['who may delete policies of the network', { verbs: ['delete'], apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'] }, openPorts],
    ['who may delete all policies of the network at once', { verbs: ['deletecollection'], apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'] }, openPorts],
    ['who may add a policy of the network', { verbs: ['create'], apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'] }, openPorts],
    ['who may change a Service', { verbs: ['patch'], apiGroups: [''], resources: ['services'] }, replaceServers],
    ['who may add an EndpointSlice', { verbs: ['create'], apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'] }, replaceServers],
    ['who may change an Ingress', { verbs: ['update'], apiGroups: ['networking.k8s.io'], resources: ['ingresses'] }, replaceServers],
    ['who may change another Deployment, for it may name the account', { verbs: ['patch'], apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['other'] }, 'may run as it: any pod of the namespace may name it'],
    ['who may change the image of its pod', { verbs: ['patch'], apiGroups: [''], resources: ['pods'], resourceNames: ['demo-agent-1'] }, 'may run as it: any pod of the namespace may name it'],
    ['nobody who may change another pod, for its account is fixed', { verbs: ['patch'], apiGroups: [''], resources: ['pods'], resourceNames: ['other'] }, undefined],
    ['nobody who may get into another pod', { verbs: ['create'], apiGroups: [''], resources: ['pods/exec'], resourceNames: ['other'] }, undefined],
    ['nobody who may only read logs, evict and scale', { verbs: ['get', 'create', 'update', 'patch'], apiGroups: ['', 'apps'], resources: ['pods/log', 'pods/eviction', 'deployments/scale'] }, undefined],
    ['nobody who may go through nodes by a role of the namespace, which cannot give this right', { verbs: ['get'], apiGroups: [''], resources: ['nodes/proxy'] }, undefined],
  ]
  it.each(additions)('marks %s', async (_what, rule, told) => {
    kube.namespace = [
      role('Role', 'more', [rule], 'agents'),
      bind('RoleBinding', 'more', 'Role', eve, 'agents'),
    ]
    const surplus = await surplusInKube()
    expect(surplus).toEqual(told === undefined ? [] : [`eve ${told} (RoleBinding agents:more)`])
  })

  const addToCluster = (rule: Rule, subject: object = { kind: 'Group', name: 'support' }) => {
    kube.cluster.push(
      role('ClusterRole', 'more', [rule]),
      bind('ClusterRoleBinding', 'more', 'ClusterRole', subject),
    )
  }
  // biome-ignore format: table
  const wider: [what: string, rule: Rule, told: string | undefined][] = [
    ['who may approve certificates of users', { verbs: ['approve'], apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: ['kubernetes.io/kube-apiserver-client'] }, 'may have certificates signed for any user'],
    ['who may sign certificates of users, among others', { verbs: ['sign'], apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: ['kubernetes.io/*'] }, 'may have certificates signed for any user'],
    ['nobody who may approve certificates of kubelets', { verbs: ['approve'], apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: ['kubernetes.io/kubelet-serving'] }, undefined],
    ['who may act as one user', { verbs: ['impersonate'], apiGroups: [''], resources: ['users'], resourceNames: ['admin'] }, 'may act as somebody who has such rights'],
    ['who may add webhooks', { verbs: ['create'], apiGroups: ['admissionregistration.k8s.io'], resources: ['mutatingwebhookconfigurations'] }, 'may change what the namespace admits'],
    ['who may take policies away', { verbs: ['delete'], apiGroups: ['admissionregistration.k8s.io'], resources: ['validatingadmissionpolicybindings'] }, 'may change what the namespace admits'],
  ]
  it.each(wider)('marks %s', async (_what, rule, told) => {
    addToCluster(rule)
    const surplus = await surplusInKube()
    expect(surplus).toEqual(told === undefined ? [] : [`support ${told} (ClusterRoleBinding more)`])
  })

  const mintRule: Rule = { verbs: ['create'], apiGroups: [''], resources: ['serviceaccounts/token'] }
  const bootstrapLabels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
  const addTo = (name: string, what: Readonly<Record<string, object>>) => {
    kube.cluster = kube.cluster.map(one => {
      const { kind, metadata } = one as ReturnType<typeof role>
      return metadata.name === name && (kind === 'ClusterRole') === 'rules' in what
        ? { ...one, ...what }
        : one
    })
  }
  // biome-ignore format: table
  const hidden: [what: string, hide: () => void, told: string][] = [
    ['a user whose name begins like the control plane’s', () => addToCluster(mintRule, { kind: 'User', name: 'system:hidden' }), 'system:hidden may mint its tokens (ClusterRoleBinding more)'],
    ['a group whose name begins like the control plane’s', () => addToCluster(mintRule, { kind: 'Group', name: 'system:my-team' }), 'system:my-team may mint its tokens (ClusterRoleBinding more)'],
    ['an add-on in kube-system', () => addToCluster(mintRule, { ...controller, name: 'add-on' }), 'system:serviceaccount:kube-system:add-on may mint its tokens (ClusterRoleBinding more)'],
    ['a group that calls itself the controller manager', () => kube.cluster.push(role('ClusterRole', 'system:kube-controller-manager', [mintRule]), bind('ClusterRoleBinding', 'system:kube-controller-manager', 'ClusterRole', { kind: 'Group', name: 'system:kube-controller-manager' })), 'system:kube-controller-manager may mint its tokens (ClusterRoleBinding system:kube-controller-manager)'],
    ['a controller that another binding gives more', () => addToCluster(mintRule, controller), 'system:serviceaccount:kube-system:replicaset-controller may mint its tokens (ClusterRoleBinding more)'],
    ['a controller that another binding gives the same', () => addToCluster(podRule, controller), 'system:serviceaccount:kube-system:replicaset-controller may run as it: any pod of the namespace may name it (ClusterRoleBinding more)'],
    ['a controller whose ClusterRole became wider', () => addTo(controllerName, { rules: [podRule, mintRule] }), `system:serviceaccount:kube-system:replicaset-controller may mint its tokens (ClusterRoleBinding ${controllerName})`],
    ['one more subject of a controller’s binding', () => addTo(controllerName, { subjects: [controller, eve] }), `eve may run as it: any pod of the namespace may name it (ClusterRoleBinding ${controllerName})`],
    ['one more administrator in the binding of the API server', () => addTo('cluster-admin', { subjects: [{ kind: 'Group', name: 'system:masters' }, eve] }), 'eve may do everything (ClusterRoleBinding cluster-admin)'],
    ['everybody, if the ClusterRole became wider that everybody has', () => kube.cluster.push(role('ClusterRole', 'system:basic-user', [mintRule]), bind('ClusterRoleBinding', 'system:basic-user', 'ClusterRole', { kind: 'Group', name: 'system:authenticated' })), 'system:authenticated may mint its tokens (ClusterRoleBinding system:basic-user)'],
    ['a binding that has the label and a name like those of the API server', () => kube.cluster.push(role('ClusterRole', 'system:controller:other', [mintRule]), { ...bind('ClusterRoleBinding', 'system:controller:other', 'ClusterRole', { ...controller, name: 'other' }), metadata: { name: 'system:controller:other', labels: bootstrapLabels } }), 'system:serviceaccount:kube-system:other may mint its tokens (ClusterRoleBinding system:controller:other)'],
  ]
  it.each(hidden)('marks %s', async (_what, hide, told) => {
    hide()
    expect(await surplusInKube()).toEqual([told])
  })

  // biome-ignore format: table
  const inSystem: [what: string, rule: Rule, told: string | undefined][] = [
    ['who may mint tokens of a controller', { ...mintRule, resourceNames: ['clusterrole-aggregation-controller'] }, 'may be a controller of kube-system, which has such rights'],
    ['who may run pods in kube-system', podRule, 'may be a controller of kube-system, which has such rights'],
    ['who may act as a controller', { verbs: ['impersonate'], apiGroups: [''], resources: ['serviceaccounts'] }, 'may act as somebody who has such rights'],
    ['who may say which IAM role is which user (EKS)', { verbs: ['patch'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['aws-auth'] }, 'may give such rights'],
    ['who may change how names resolve', { verbs: ['patch'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['coredns'] }, replaceServers],
    ['nobody who may read or write something else there', { verbs: ['*'], apiGroups: [''], resources: ['events', 'endpoints'] }, undefined],
  ]
  it.each(inSystem)('marks, by a role of kube-system, %s', async (_what, rule, told) => {
    kube.system = [
      role('Role', 'more', [rule], 'kube-system'),
      bind('RoleBinding', 'more', 'Role', eve, 'kube-system'),
    ]
    const surplus = await surplusInKube()
    expect(surplus).toEqual(told === undefined ? [] : [`eve ${told} (RoleBinding kube-system:more)`])
  })

  const authentication = 'authentication.k8s.io'
  const onTokens = (mode: string): Rule => ({ ...mintRule, verbs: [`impersonate-on:${mode}:create`] })
  const asUser: Rule = { verbs: ['impersonate:user-info'], apiGroups: [authentication], resources: ['users'] }
  // biome-ignore format: table
  const impersonation: [what: string, be: Rule, act: Rule, told: boolean][] = [
    ['who may mint tokens as any user', asUser, onTokens('user-info'), true],
    ['who may mint tokens as one user', { ...asUser, resourceNames: ['system:kube-controller-manager'] }, onTokens('user-info'), true],
    ['who may mint tokens as a ServiceAccount', { ...asUser, verbs: ['impersonate:serviceaccount'], resources: ['serviceaccounts'] }, onTokens('serviceaccount'), true],
    ['who may mint tokens as any node', { ...asUser, verbs: ['impersonate:arbitrary-node'], resources: ['nodes'] }, onTokens('arbitrary-node'), true],
    ['who may mint tokens as its own node', { ...asUser, verbs: ['impersonate:associated-node'], resources: ['nodes'] }, onTokens('associated-node'), true],
    ['who may change Deployments as any user', asUser, { verbs: ['impersonate-on:user-info:patch'], apiGroups: ['apps'], resources: ['deployments'] }, true],
    ['nobody who may only list pods as its own node', { ...asUser, verbs: ['impersonate:associated-node'], resources: ['nodes'] }, { verbs: ['impersonate-on:associated-node:list'], apiGroups: [''], resources: ['pods'] }, false],
    ['nobody who may be a user, but do nothing as one', asUser, { verbs: ['impersonate-on:user-info:list'], apiGroups: [''], resources: ['pods'] }, false],
  ]
  it.each(impersonation)('marks, by constrained impersonation, %s', async (_what, be, act, told) => {
    kube.cluster.push(
      role('ClusterRole', 'be', [be]),
      bind('ClusterRoleBinding', 'be', 'ClusterRole', eve),
      role('ClusterRole', 'act', [act]),
      bind('ClusterRoleBinding', 'act', 'ClusterRole', eve),
    )
    const surplus = await surplusInKube()
    expect(surplus).toEqual(
      told ? ['eve may act as somebody who has such rights (ClusterRoleBinding act)'] : [],
    )
  })

  // biome-ignore format: table
  const runners: [what: string, object: object, told: string | undefined][] = [
    ['a pod of somebody else', workload('Pod', 'intruder', undefined, asAgent), 'Pod:intruder'],
    ['a pod that already ended', { ...workload('Pod', 'intruder', undefined, asAgent), status: { phase: 'Succeeded' } }, 'Pod:intruder'],
    ['a CronJob that has not run yet', workload('CronJob', 'nightly', undefined, { jobTemplate: { spec: template(asAgent) } }), 'CronJob:nightly'],
    ['a Deployment without pods', workload('Deployment', 'other', undefined, template(asAgent, 'other'), 'other'), 'Deployment:other'],
    ['a ReplicaSet that something unknown made', workload('ReplicaSet', 'rollout', 'argo', template(asAgent)), 'ReplicaSet:rollout'],
    ['no pod with another account', workload('Pod', 'other', undefined, { serviceAccountName: 'other' }), undefined],
  ]
  it.each(runners)(
    'marks %s that runs as the account; if accepted, it is not marked',
    async (_what, object, told) => {
      kube.workloads.push(object)
      const { surplus, titles } = await readRadius('--kube', ...acceptOptions)
      expect(titles).toContain('pod demo-agent-1')
      expect(surplus).toEqual(told === undefined ? [] : [`${told} runs as it, and is not the chart’s`])
      expect(await surplusInKube(`${told}`)).toEqual([])
    },
  )

  it('marks a container that somebody added to a running pod', async () => {
    const spec = { ...agentSpec, ephemeralContainers: [{ name: 'debugger-x' }] }
    kube.workloads = [...release.slice(0, 2), workload('Pod', 'demo-agent-1', 'demo-agent-5d', spec)]
    expect(await surplusInKube()).toEqual(['Pod:demo-agent-1 has the ephemeral container debugger-x'])
    expect(await surplusInKube('Pod:demo-agent-1')).toEqual([])
  })

  it('marks both of two Deployments that claim to be the agent', async () => {
    kube.workloads.push(workload('Deployment', 'copy', undefined, template(agentSpec)))
    expect(await surplusInKube()).toEqual([
      'Deployment:demo-agent runs as it, and is not the chart’s',
      'Deployment:copy runs as it, and is not the chart’s',
    ])
  })

  it.each(['system:authenticated', 'system:serviceaccounts', 'system:serviceaccounts:storage'])(
    'marks the built-in group %s, since Kubernetes puts users or ServiceAccounts into it without any binding',
    async name => {
      addToCluster(podRule, { kind: 'Group', name })
      expect(await surplusInKube()).toEqual([expect.stringContaining(`${name} may run as it`)])
    },
  )

  const aboutPods = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }
  const webhook = (rule: object, more: object) => ({
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'inject' },
    webhooks: [{ name: 'inject.example', rules: [rule], ...more }],
  })
  const labelled = (key: string, value: string) => ({ matchLabels: { [key]: value } })
  // biome-ignore format: table
  it.each([
    ['a webhook for new pods', aboutPods, {}, [run]],
    ['a webhook for all operations', { ...aboutPods, operations: ['*'] }, {}, [run]],
    ['no webhook for pods that are deleted', { ...aboutPods, operations: ['DELETE', 'CONNECT'] }, {}, []],
    ['a webhook for workloads', { ...aboutPods, apiGroups: ['apps'], resources: ['deployments', 'replicasets'] }, {}, [run]],
    ['a webhook for tokens', { ...aboutPods, resources: ['serviceaccounts/token'] }, {}, ['may mint its tokens']],
    ['a webhook for all that belongs to accounts', { ...aboutPods, resources: ['serviceaccounts/*'] }, {}, ['may mint its tokens']],
    ['a webhook for ConfigMaps', { ...aboutPods, operations: ['UPDATE'], resources: ['configmaps'] }, {}, [writeConfigMaps]],
    ['a webhook for everything', { ...aboutPods, operations: ['*'], apiGroups: ['*'], resources: ['*/*'] }, {}, [
      'may mint its tokens', run, 'may get into its pods', 'may change the ServiceAccount', 'may give such rights', 'may change what the namespace admits',
      writeSecrets, writeConfigMaps, openPorts, replaceServers,
    ]],
    ['no webhook for other objects', { ...aboutPods, resources: ['events', 'persistentvolumeclaims'] }, {}, []],
    ['no webhook for namespaces with a label that this one does not have', aboutPods, { namespaceSelector: labelled('inject', 'yes') }, []],
    ['no webhook that leaves this namespace out', aboutPods, { namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['agents'] }] } }, []],
    ['a webhook for namespaces such as this one', aboutPods, { namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['agents'] }, { key: 'inject', operator: 'DoesNotExist' }] } }, [run]],
    ['no webhook for pods with other labels', aboutPods, { objectSelector: labelled('inject', 'yes') }, []],
    ['a webhook for pods with such labels', aboutPods, { objectSelector: labelled('app.kubernetes.io/component', 'agent') }, [run]],
    ['a webhook for ConfigMaps with unknown labels', { ...aboutPods, resources: ['configmaps'] }, { objectSelector: labelled('inject', 'yes') }, [writeConfigMaps]],
  ])('marks %s; an accepted webhook is not marked', async (_what, rule, scope, ways) => {
    kube.labels = { ...kube.labels, team: 'agents' }
    kube.admission = [webhook(rule, scope)]
    const surplus = await surplusInKube()
    const name = 'MutatingWebhookConfiguration:inject'
    expect(surplus).toEqual(ways.map(way => `${name} ${way} (as objects are written)`))
    expect(await surplusInKube(name)).toEqual([])
  })

  it('says that conditions of a webhook are not evaluated', async () => {
    kube.admission = [webhook(aboutPods, { matchConditions: [{ name: 'some', expression: 'false' }] })]
    expect(await surplusInKube()).toEqual([
      `MutatingWebhookConfiguration:inject ${run} (as objects are written; its matchConditions are not evaluated)`,
    ])
  })

  it('says that a policy for pods was not evaluated, and ignores a policy without a binding', async () => {
    const policy = {
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'images' },
      spec: { matchConstraints: { resourceRules: [aboutPods] } },
    }
    kube.admission = [policy]
    expect((await readRadius('--kube', ...acceptOptions)).titles).toContainEqual(
      expect.stringMatching(/^no policy or webhook/),
    )
    const binding = { kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'all' } }
    kube.admission.push({ ...binding, spec: { policyName: 'images' } })
    const { unread, code } = await readRadius('--kube', ...acceptOptions)
    expect(unread).toContain('what ValidatingAdmissionPolicy:images let pass of its pods and tokens')
    expect(code).toBe(0)
  })

  it.each([
    ['no label', {}],
    ['baseline', { 'pod-security.kubernetes.io/enforce': 'baseline' }],
  ])('has a fault if Pod Security is not restricted (%s)', async (level, labels) => {
    kube.labels = labels
    const { code, titles } = await readRadius('--kube', ...acceptOptions)
    expect(titles).toContain(`Pod Security of the namespace: ${level}, not restricted`)
    expect(code).toBe(3)
  })

  it('marks an add-on that nobody accepted, and a group that may reach pods through the nodes (nodes/proxy)', async () => {
    const proxy: Rule = { verbs: ['get'], apiGroups: [''], resources: ['nodes/proxy'] }
    kube.cluster.push(
      role('ClusterRole', 'debug', [proxy]),
      bind('ClusterRoleBinding', 'debug', 'ClusterRole', { kind: 'Group', name: 'support' }),
    )
    const { code, surplus } = await readRadius('--kube')
    expect(surplus).toEqual([
      'system:serviceaccount:storage:provisioner may run as it: any pod of the namespace may name it (ClusterRoleBinding provisioner)',
      'support may go through the node (ClusterRoleBinding debug)',
    ])
    expect(code).toBe(3)
  })

  it('is not evaluated if kubectl uses another cluster than the agent', async () => {
    kube.issuer = 'https://another.example'
    expect((await readRadius('--kube')).unread).toContainEqual(
      expect.stringContaining('which is not kubectl’s cluster'),
    )
  })

  const failing = (refused: RegExp) => ({
    cluster: {
      async run(args: readonly string[]) {
        if (refused.test(args.join(' '))) throw new Error('kubectl did not answer within 10 s.')
        return readCluster(args)
      },
    },
  })
  const cause =
    'kubectl did not answer within 10 s. kubectl must reach the cluster, as a user who may read it.'
  // biome-ignore format: table
  it.each([
    ['nothing', /./, ['who can be a pod of the agent']],
    ['no roles', /roles/, ['who has rights by RBAC']],
    ['no workloads', /pods/, ['what runs in the namespace']],
    ['neither the namespace nor webhooks', /namespaces|webhook/, ['Pod Security, webhooks and policies of the namespace']],
  ])('says so with cause and remedy if kubectl reads %s, and tells all the rest', async (_what, refused, missing) => {
    tenant.workplace.surroundings = failing(refused)
    const { code, unread, titles } = await readRadius('--kube', ...acceptOptions)
    expect(unread.filter(title => title.includes('kubectl must'))).toEqual(missing.map(title => `${title}: ${cause}`))
    expect(titles).toContainEqual(expect.stringContaining('federated credential for system:serviceaccount:'))
    expect(code).toBe(0)
  })

  it('takes every name for one of its own if the pods and what they use cannot be read', async () => {
    kube.namespace = [
      role(
        'Role',
        'more',
        [{ verbs: ['patch'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['any'] }],
        'agents',
      ),
      bind('RoleBinding', 'more', 'Role', eve, 'agents'),
    ]
    tenant.workplace.surroundings = failing(/pods/)
    expect((await readRadius('--kube', ...acceptOptions)).surplus).toEqual([
      'eve may change ConfigMaps of the namespace (RoleBinding agents:more)',
    ])
  })
})

describe('the roles of agents in Azure', () => {
  const assignmentsOf = (subscription: string, id: string) =>
    `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=assignedTo('${id}')`
  const contributor = '/providers/Microsoft.Authorization/roleDefinitions/contributor'
  const assigned = {
    id: 'one',
    properties: {
      roleDefinitionId: contributor,
      scope: '/providers/Microsoft.Management/managementGroups/all',
    },
  }

  it('are marked with the name of the role, each assignment once', async () => {
    expect((await readRadius('--azure')).surplus).toEqual([])
    azure = {
      ...azure,
      [assignmentsOf('s1', idOf('agent/weather-agent'))]: { value: [assigned] },
      [assignmentsOf('s2', idOf('agent/weather-agent'))]: { value: [assigned] },
      [contributor]: { properties: { roleName: 'Contributor' } },
    }
    const { code, surplus, unread } = await readRadius('--azure')
    expect(surplus).toEqual(['role Contributor in /providers/Microsoft.Management/managementGroups/all'])
    expect(unread).toEqual(['roles in other subscriptions of Azure than those read: Production, Trials'])
    expect(code).toBe(3)
  })

  it('are marked with the id of the role if Azure does not show the name', async () => {
    azure = { ...azure, [assignmentsOf('s1', idOf('agent/weather-agent'))]: { value: [assigned] } }
    expect((await readRadius('--azure')).surplus).toEqual([expect.stringMatching(/^role contributor in/)])
  })

  it('are not evaluated without --azure, or if Azure cannot be read', async () => {
    expect((await readRadius()).unread).toEqual(['roles of the agents in Azure (Azure RBAC; --azure)'])
    azure = {}
    expect((await readRadius('--azure')).unread).toEqual([
      'roles of the agents in Azure (Azure RBAC; --azure): Azure Resource Manager responded 403. Sign in with az login, as a user with the role Reader.',
    ])
  })

  it('are read from Azure Resource Manager with a token of the Azure CLI', async () => {
    const expires = new Date(Date.now() + 3_600_000).toISOString()
    const token = { accessToken: 'cli-token', expiresOn: expires, expires_on: Date.parse(expires) / 1_000 }
    vi.stubEnv(
      'PATH',
      `${tenant.workplace.writeCommand('az', `echo '${JSON.stringify(token)}'`)}:${process.env['PATH']}`,
    )
    const sent: unknown[] = []
    const read = readAzureAs(tenantId, async (url, { headers }) => {
      sent.push([url, headers])
      return Response.json({ value: [] })
    })
    expect(await read('/subscriptions?api-version=2022-12-01')).toEqual({ value: [] })
    await expect(read('https://evil.example/next')).rejects.toThrow('is not Azure Resource Manager')
    vi.unstubAllEnvs()
    expect(sent).toEqual([
      [
        'https://management.azure.com/subscriptions?api-version=2022-12-01',
        { authorization: 'Bearer cli-token' },
      ],
    ])
  })
})

describe('the list of who may become the role in AWS', () => {
  it('marks nothing if only the pods’ ServiceAccount may become the role, and the role may only call models', async () => {
    const { code, titles, surplus } = await readRadius('--aws', roleArn)
    expect(surplus).toEqual([])
    expect(code).toBe(0)
    expect(titles).toContain(`may bedrock:InvokeModel, bedrock:InvokeModelWithResponseStream on ${profile}`)
  })

  it('compares the role with the plan, not with the credentials that the blueprint has now', async () => {
    const evil = 'evil.example'
    for (const { federatedIdentityCredentials } of tenant.content().applications)
      for (const one of federatedIdentityCredentials) one.issuer = `https://${evil}`
    awsRole.trust = JSON.parse(JSON.stringify([trustStatement]).replaceAll(host, evil))
    const { code, surplus } = await readRadius('--aws', roleArn)
    expect(surplus).toEqual([
      expect.stringContaining(`issuer is "https://${evil}"`),
      expect.stringContaining(`Federated arn:aws:iam::111122223333:oidc-provider/${evil}`),
    ])
    expect(code).toBe(3)
  })

  const cluster = 'arn:aws:eks:eu-central-1:111122223333:cluster/prod'
  const ofPods = (account: string, inCluster = {}) => ({
    Effect: 'Allow',
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    Condition: {
      StringEquals: {
        ...inCluster,
        'aws:RequestTag/kubernetes-namespace': 'agents',
        'aws:RequestTag/kubernetes-service-account': account,
      },
    },
  })
  // biome-ignore format: table
  const trusts: [what: string, statement: Readonly<Record<string, unknown>>, words: string | undefined][] = [
    ['no EKS Pod Identity for the ServiceAccount', ofPods('demo-agent', { 'aws:RequestTag/eks-cluster-arn': cluster }), undefined],
    ['EKS Pod Identity of any cluster', ofPods('demo-agent'), 'Service pods.eks.amazonaws.com if aws:RequestTag/kubernetes-namespace'],
    ['EKS Pod Identity for another ServiceAccount', ofPods('other', { 'aws:RequestTag/eks-cluster-arn': cluster }), 'Service pods.eks.amazonaws.com if aws:RequestTag/eks-cluster-arn'],
    ['a second principal', { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::999988887777:root' }, Action: 'sts:AssumeRole' }, 'AWS arn:aws:iam::999988887777:root'],
    ['everybody', { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }, '*'],
    ['the cluster’s tokens without a condition on the subject', { ...trustStatement, Condition: { StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com' } } }, 'Federated arn'],
    ['the cluster’s tokens by a pattern of subjects', { ...trustStatement, Condition: { StringLike: { [`${host}:sub`]: 'system:serviceaccount:*' } } }, 'StringLike system:serviceaccount:*'],
  ]
  it.each(trusts)('marks %s', async (_what, statement, words) => {
    awsRole.trust.push(statement)
    const { surplus } = await readRadius('--aws', roleArn)
    expect(surplus).toEqual(words === undefined ? [] : [expect.stringContaining(words)])
  })

  const call = { Effect: 'Allow', Action: 'bedrock:InvokeModel' }
  // biome-ignore format: table
  it.each([
    ['other services', { Effect: 'Allow', Action: 's3:*', Resource: '*' }, 'may s3:* on *'],
    ['all models', { ...call, Resource: '*' }, 'may bedrock:InvokeModel on *'],
    ['a model without the profile', { ...call, Resource: 'arn:aws:bedrock:*::foundation-model/x' }, 'may bedrock:InvokeModel on arn:aws:bedrock:*::foundation-model/x'],
    ['all actions but some', { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }, 'may all but iam:* on *'],
  ])('also shows what the role itself may do, and marks what goes beyond the template: %s', async (_what, statement, title) => {
    awsRole.access.push(statement)
    expect((await readRadius('--aws', roleArn)).surplus).toEqual([title])
  })

  it('marks sessions of more than an hour', async () => {
    const { titles } = await readRadius('--aws', roleArn)
    expect(titles).toContain('sessions of up to 1 h')
    sessionHours = 12
    expect((await readRadius('--aws', roleArn)).surplus).toEqual(['sessions of up to 12 h'])
  })

  it('costs only its own part if the role cannot be read, and says why, and what to do', async () => {
    const readRole = () => Promise.reject(new Error('Could not load credentials from any providers'))
    tenant.workplace.surroundings = { readRole }
    const { code, unread, titles } = await readRadius('--aws', roleArn)
    expect(unread).toContainEqual(
      `AWS role ${roleArn}: Could not load credentials from any providers. Check the ARN, and use AWS credentials that may read the role: iam:GetRole, ListRolePolicies, GetRolePolicy, ListAttachedRolePolicies, GetPolicy, GetPolicyVersion.`,
    )
    expect(titles).toContainEqual(expect.stringContaining('federated credential for'))
    expect(code).toBe(0)
  })

  it('says in the end what it does not look at', async () => {
    const { output } = await run('blast-radius --aws', roleArn)
    expect(output).toContain('the role’s permissions boundary and instance profiles')
  })

  it('marks the model that the role may call, if .env names another model', async () => {
    writeFileSync(tenant.workplace.envPath, 'BEDROCK_MODEL_ID=eu.anthropic.claude-opus-5\n')
    const { surplus } = await readRadius('--aws', roleArn)
    expect(surplus).toEqual([expect.stringContaining(profile), expect.stringContaining('foundation-model')])
  })

  it('reports a model as not evaluated if the template is not made for it, but still marks other rights', async () => {
    const other = 'arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.amazon.nova-2-lite-v1:0'
    awsRole.access = [
      { ...call, Resource: other },
      { Effect: 'Allow', Action: 's3:*', Resource: '*' },
    ]
    const { surplus, unread } = await readRadius('--aws', roleArn)
    expect(surplus).toEqual(['may s3:* on *'])
    expect(unread).toContainEqual(expect.stringContaining('must be an inference profile'))
  })
})
