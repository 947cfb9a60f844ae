import { writeFileSync } from 'node:fs'
import { reviewPermissions } from '@entra-bedrock-agent/identity-trace'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { tenantId } from '../../emulators/entra/src/testing/start-entra.ts'
import type { Role } from '../../scripts/doctor/aws/role.ts'
import { renderRole } from '../../scripts/doctor/aws/role-template.ts'
import { readAzureAs } from '../../scripts/entra/blast-radius/azure.ts'
import { type BlastRadius, flatten } from '../../scripts/entra/blast-radius/branch.ts'
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
const provisioner = { kind: 'ServiceAccount', name: 'provisioner', namespace: 'storage' }

/** A newly made cluster: administrators, controllers, and an add-on that makes pods. */
const newCluster = () => ({
  cluster: [
    role('ClusterRole', 'cluster-admin', [anyRule]),
    bind('ClusterRoleBinding', 'cluster-admin', 'ClusterRole', { kind: 'Group', name: 'system:masters' }),
    role('ClusterRole', 'controller', [podRule]),
    bind('ClusterRoleBinding', 'controller', 'ClusterRole', controller),
    role('ClusterRole', 'provisioner', [podRule]),
    bind('ClusterRoleBinding', 'provisioner', 'ClusterRole', provisioner),
  ] as object[],
  namespace: [] as object[],
  labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } as Readonly<Record<string, string>>,
  /** Webhooks and policies. */
  admission: [] as object[],
  /** The user whom the API server denies what RBAC allows. */
  denied: '',
  pods: [{ metadata: { name: 'demo-agent-1' }, spec: { serviceAccountName: 'demo-agent' } }] as object[],
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
let awsRole: { trust: Readonly<Record<string, unknown>>[]; access: Readonly<Record<string, unknown>>[] }
beforeEach(() => {
  kube = newCluster()
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
    readRole: async (): Promise<Role> => awsRole,
  }
})

async function readCluster(args: readonly string[], input = ''): Promise<string> {
  if (args.includes('--raw')) return JSON.stringify({ issuer: kube.issuer })
  if (args[0] === 'create')
    return readReviews(input)
      .map(({ spec }) => `${spec.user !== kube.denied} `)
      .join('')
  const [kind = ''] = args[1]?.split(',') ?? []
  // The cluster is of an older Kubernetes, which has no such policies.
  if (kind === 'mutatingadmissionpolicies')
    throw new Error(`the server doesn't have a resource type "${kind}"`)
  return JSON.stringify({ items: itemsOf(kind) })
}

const itemsOf = (kind: string): readonly object[] => {
  if (/admission|webhook/.test(kind)) return kube.admission.filter(one => isOfKind(one, kind))
  if (kind === 'namespaces') return [{ metadata: { name: 'agents', labels: kube.labels } }]
  return kind.startsWith('cluster') ? kube.cluster : kind === 'pods' ? kube.pods : kube.namespace
}
const isOfKind = (object: object, kinds: string) =>
  /webhook/.test(kinds) === /Webhook/.test(String((object as { readonly kind: string }).kind))

interface Review {
  readonly spec: {
    readonly user?: string
    readonly groups?: readonly string[]
    readonly resourceAttributes: object
  }
}
const askedReviews: Review[] = []
function readReviews(input: string): readonly Review[] {
  const { items } = JSON.parse(input) as { readonly items: readonly Review[] }
  askedReviews.push(...items)
  return items
}

async function readRadius(...options: readonly string[]) {
  const { code, output } = await run('blast-radius --json', ...options)
  const { who, what } = JSON.parse(output) as BlastRadius
  const all = flatten([...who, ...what])
  const marked = (mark: string) => all.filter(one => one.mark === mark).map(({ title }) => title)
  return { code, titles: all.map(({ title }) => title), surplus: marked('surplus'), unread: marked('unread') }
}

describe('the list of who can be the pod in Kubernetes', () => {
  it('has the agent’s pods, administrators and accepted subjects, and names what RBAC does not show', async () => {
    const { code, titles, surplus, unread } = await readRadius('--kube', ...acceptOptions)
    expect(surplus).toEqual([])
    expect(code).toBe(0)
    expect(titles).toContain('who can be ServiceAccount agents:demo-agent')
    expect(titles).toContain('pod demo-agent-1')
    expect(titles).toContain('administrators of the cluster: system:masters')
    expect(titles).toContain('Pod Security of the namespace: restricted')
    expect(unread).toEqual([
      expect.stringContaining('EKS access entries'),
      expect.stringContaining('who gets onto the nodes'),
      expect.stringContaining('audit log'),
      expect.stringContaining('Azure RBAC'),
    ])
  })

  const eve = { kind: 'User', name: 'eve' }
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
    ['who may read secrets', { verbs: ['list'], apiGroups: [''], resources: ['secrets'] }, 'may read secrets of the namespace'],
    ['nobody who may go through nodes by a role of the namespace, which cannot give this right', { verbs: ['get'], apiGroups: [''], resources: ['nodes/proxy'] }, undefined],
  ]
  it.each(additions)('marks %s', async (_what, rule, told) => {
    kube.namespace = [
      role('Role', 'more', [rule], 'agents'),
      bind('RoleBinding', 'more', 'Role', eve, 'agents'),
    ]
    const { surplus } = await readRadius('--kube', ...acceptOptions)
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
    const { surplus } = await readRadius('--kube', ...acceptOptions)
    expect(surplus).toEqual(told === undefined ? [] : [`support ${told} (ClusterRoleBinding more)`])
  })

  it.each(['system:authenticated', 'system:serviceaccounts', 'system:serviceaccounts:storage'])(
    'marks the built-in group %s, since Kubernetes puts users or ServiceAccounts into it without any binding',
    async name => {
      addToCluster(podRule, { kind: 'Group', name })
      expect((await readRadius('--kube', ...acceptOptions)).surplus).toEqual([
        expect.stringContaining(`${name} may run as it`),
      ])
    },
  )

  it('asks the API server about each subject, and marks no subject to which the server denies the right', async () => {
    askedReviews.splice(0)
    kube.denied = 'system:serviceaccount:storage:provisioner'
    const { titles, surplus } = await readRadius('--kube')
    expect(surplus).toEqual([])
    expect(titles).toContainEqual(
      expect.stringMatching(/^system:serviceaccount:storage:provisioner .* denies$/),
    )
    expect(askedReviews.map(({ spec }) => spec)).toEqual([
      {
        user: 'system:serviceaccount:storage:provisioner',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:storage', 'system:authenticated'],
        resourceAttributes: { namespace: 'agents', verb: 'create', group: '', resource: 'pods' },
      },
    ])
  })

  const aboutPods = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }
  const webhook = (kind: string, rule: object, namespaceSelector: object) => ({
    kind,
    metadata: { name: 'inject' },
    webhooks: [{ name: 'inject.example', rules: [rule], namespaceSelector }],
  })
  // biome-ignore format: table
  it.each([
    ['a webhook for new pods', aboutPods, {}, true],
    ['no webhook for other objects', { ...aboutPods, resources: ['configmaps'] }, {}, false],
    ['no webhook for namespaces with a label that this one does not have', aboutPods, { matchLabels: { inject: 'yes' } }, false],
    ['no webhook that leaves this namespace out', aboutPods, { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['agents'] }] }, false],
    ['a webhook for namespaces such as this one', aboutPods, { matchExpressions: [{ key: 'team', operator: 'In', values: ['agents'] }, { key: 'inject', operator: 'DoesNotExist' }] }, true],
  ])('marks %s; an accepted webhook is not marked', async (_what, rule, selector, isMarked) => {
    kube.labels = { ...kube.labels, team: 'agents' }
    kube.admission = [webhook('MutatingWebhookConfiguration', rule, selector)]
    const { surplus } = await readRadius('--kube', ...acceptOptions)
    const name = 'MutatingWebhookConfiguration:inject'
    expect(surplus).toEqual(isMarked ? [`${name} may change its pods as they are made`] : [])
    expect((await readRadius('--kube', ...acceptOptions, '--accept', name)).surplus).toEqual([])
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

  it('is not evaluated if kubectl uses another cluster than the agent, or may not read the agent’s cluster', async () => {
    kube.issuer = 'https://another.example'
    expect((await readRadius('--kube')).unread).toContainEqual(
      expect.stringContaining('which is not kubectl’s cluster'),
    )
    tenant.workplace.surroundings = {
      cluster: {
        async run(args) {
          if (args.includes('--raw')) return JSON.stringify({ issuer })
          throw new Error('forbidden')
        },
      },
    }
    expect((await readRadius('--kube')).unread).toContain('who can be ServiceAccount agents:demo-agent')
  })

  it('is derived from RBAC alone if kubectl may neither create access reviews nor read namespace and webhooks', async () => {
    tenant.workplace.surroundings = {
      cluster: {
        async run(args, input) {
          if (args[0] === 'create' || /namespaces|webhook/.test(args[1] ?? '')) throw new Error('forbidden')
          return readCluster(args, input)
        },
      },
    }
    const { surplus, unread } = await readRadius('--kube')
    expect(surplus).toHaveLength(1)
    for (const title of [
      'whether the API server agrees (create subjectaccessreviews)',
      'Pod Security of the namespace',
      'webhooks and policies that admit its pods',
    ])
      expect(unread).toContain(title)
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
      'roles of the agents in Azure (Azure RBAC; --azure): Azure Resource Manager responded 403.',
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
