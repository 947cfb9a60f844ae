import type { ClusterReader } from '../../../src/doctor/kube/kubectl.ts'

export const issuer = 'https://oidc.eks.eu-central-1.amazonaws.com/id/ABC'

export interface Subject {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}
interface Rule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
}

/** A rule as `kubectl create role` takes it: verbs, resources with their API groups and, after a colon, names. */
export function ruleOf(text: string): Rule {
  const [verbs = '', resources = '', names] = text.split(/: | /)
  const parts = resources.split(',').map(part => part.split(/\.(.*)/))
  return {
    verbs: verbs.split(','),
    apiGroups: parts.map(([, group = '']) => group),
    resources: parts.map(([resource = '']) => resource),
    ...(names === undefined ? {} : { resourceNames: names.split(',') }),
  }
}

/** A role of this name and its binding to the subject; in a namespace, or in the whole cluster. */
export function bind(name: string, rules: readonly string[], subject: Subject, namespace?: string) {
  const kind = namespace === undefined ? 'ClusterRole' : 'Role'
  const metadata = { name, namespace }
  const roleRef = { kind, name }
  return [
    { kind, metadata, rules: rules.map(ruleOf) },
    { kind: `${kind}Binding`, metadata, roleRef, subjects: [subject] },
  ] as const
}

const labelsOf = (component: string) => ({
  'app.kubernetes.io/instance': 'demo',
  'app.kubernetes.io/component': component,
})
/** An object of the release, made by the one that is named `<maker>`. */
export const workload = (kind: string, name: string, maker: string, spec: object, component = 'agent') => ({
  kind,
  metadata: {
    ...{ name, uid: name, labels: labelsOf(component) },
    ...(maker && { ownerReferences: [{ uid: maker, controller: true }] }),
  },
  spec,
})
export const template = (spec: object, component = 'agent') => ({
  template: { metadata: { labels: labelsOf(component) }, spec },
})

export const agentSpec = {
  serviceAccountName: 'demo-agent',
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

export const controller = { kind: 'ServiceAccount', name: 'replicaset-controller', namespace: 'kube-system' }
export const controllerName = 'system:controller:replicaset-controller'
const provisioner = { kind: 'ServiceAccount', name: 'provisioner', namespace: 'storage' }

/** A newly made cluster with a release: administrators, controllers, and an add-on that makes pods. */
export class FakeCluster implements ClusterReader {
  issuer = issuer
  /** Roles and bindings of the cluster. */
  cluster: object[] = [
    ...bind('cluster-admin', ['* *.*'], { kind: 'Group', name: 'system:masters' }),
    ...bind(controllerName, ['create pods'], controller),
    ...bind('provisioner', ['create pods'], provisioner),
  ]
  /** Roles and bindings of the release's namespace. */
  namespace: readonly object[] = []
  /** Roles and bindings of kube-system. */
  system: readonly object[] = []
  labels: Readonly<Record<string, string>> = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  /** Webhooks and policies. */
  admission: readonly { readonly kind: string }[] = []
  workloads: object[] = [
    workload('Deployment', 'demo-agent', '', template(agentSpec)),
    workload('ReplicaSet', 'demo-agent-5d', 'demo-agent', template(agentSpec)),
    workload('Pod', 'demo-agent-1', 'demo-agent-5d', agentSpec),
    workload('Deployment', 'demo-weather-api', '', template(apiSpec, 'weather-api'), 'weather-api'),
  ]
  /** What kubectl does not get. */
  refused = /^$/

  readonly run = async (args: readonly string[]): Promise<string> => {
    if (this.refused.test(args.join(' '))) throw new Error('kubectl did not answer within 10 s.')
    if (args.includes('--raw')) return JSON.stringify({ issuer: this.issuer })
    const [kind = ''] = args[1]?.split(',') ?? []
    // The cluster is of an older Kubernetes, which has no such policies.
    if (kind === 'mutatingadmissionpolicies')
      throw new Error(`the server doesn't have a resource type "${kind}"`)
    return JSON.stringify({ items: this.#itemsOf(kind, args.at(args.indexOf('--namespace') + 1)) })
  }

  #itemsOf(kind: string, namespace: string | undefined): readonly object[] {
    if (/admission|webhook/.test(kind))
      return this.admission.filter(one => /webhook/.test(kind) === /Webhook/.test(one.kind))
    if (kind === 'namespaces') return [{ metadata: { name: 'agents', labels: this.labels } }]
    if (kind.startsWith('cluster')) return this.cluster
    if (kind === 'roles') return namespace === 'kube-system' ? this.system : this.namespace
    return this.workloads
  }
}
