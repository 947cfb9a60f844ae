import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestEntra } from '../../emulators/entra/src/testing/start-entra.ts'
import type { AwsRole } from '../../scripts/entra/blast-radius/aws.ts'
import { type BlastRadius, flatten } from '../../scripts/entra/blast-radius/branch.ts'
import { permissions } from '../../scripts/entra/objects/kinds.ts'
import { graphToken, startEmptyTenant, Workplace } from './support/workplace.ts'

const issuer = 'https://oidc.eks.eu-central-1.amazonaws.com/id/ABC'
const host = issuer.replace('https://', '')
const roleArn = 'arn:aws:iam::111122223333:role/entra-bedrock-agent'

let entra: TestEntra
let workplace: Workplace
beforeAll(async () => {
  entra = await startEmptyTenant()
  workplace = new Workplace(entra.url, await graphToken(entra), entra.fetch)
  await workplace.run('apply', '--cluster-issuer', issuer, '--service-account', 'agents:demo-agent')
  const roles = [...permissions, 'EntitlementManagement.Read.All']
  workplace.useToken(await graphToken(entra, [], { user: undefined, scopes: undefined, roles }))
  return async () => {
    workplace[Symbol.dispose]()
    await entra.close()
  }
})

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
const everything: Rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }
const pods: Rule = { verbs: ['create'], apiGroups: [''], resources: ['pods'] }
const controller = { kind: 'ServiceAccount', name: 'replicaset-controller', namespace: 'kube-system' }
const provisioner = { kind: 'ServiceAccount', name: 'provisioner', namespace: 'storage' }

/** A cluster as it is made: administrators, controllers, and an add-on that makes pods. */
const cluster = () => ({
  cluster: [
    role('ClusterRole', 'cluster-admin', [everything]),
    bind('ClusterRoleBinding', 'cluster-admin', 'ClusterRole', { kind: 'Group', name: 'system:masters' }),
    role('ClusterRole', 'controller', [pods]),
    bind('ClusterRoleBinding', 'controller', 'ClusterRole', controller),
    role('ClusterRole', 'provisioner', [pods]),
    bind('ClusterRoleBinding', 'provisioner', 'ClusterRole', provisioner),
  ] as object[],
  namespace: [] as object[],
  pods: [{ metadata: { name: 'demo-agent-1' }, spec: { serviceAccountName: 'demo-agent' } }] as object[],
  issuer,
})
const accepted = ['--accept', 'system:serviceaccount:storage:provisioner']

const trusted = {
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
const invoke = {
  Effect: 'Allow',
  Action: ['bedrock:InvokeModel'],
  Resource: 'arn:aws:bedrock:*::foundation-model/x',
}

let now: ReturnType<typeof cluster>
let aws: { trust: Readonly<Record<string, unknown>>[]; access: Readonly<Record<string, unknown>>[] }
beforeEach(() => {
  now = cluster()
  aws = { trust: [trusted], access: [invoke] }
  workplace.surroundings = {
    async kubectl(...args) {
      if (args.includes('--raw')) return JSON.stringify({ issuer: now.issuer })
      const kinds = args[1] ?? ''
      const items = kinds.startsWith('cluster') ? now.cluster : kinds === 'pods' ? now.pods : now.namespace
      return JSON.stringify({ items })
    },
    readRole: async (): Promise<AwsRole> => aws,
  }
})

async function tell(...options: readonly string[]) {
  const { code, output } = await workplace.run('blast-radius', '--json', ...options)
  const { who, what } = JSON.parse(output) as BlastRadius
  const all = flatten([...who, ...what])
  const marked = (mark: string) => all.filter(one => one.mark === mark).map(({ title }) => title)
  return { code, titles: all.map(({ title }) => title), surplus: marked('surplus'), unread: marked('unread') }
}

describe('who can be the pod in Kubernetes', () => {
  it('is told: its pods, administrators, and who is accepted; and what RBAC does not show', async () => {
    const { code, titles, surplus, unread } = await tell('--kube', ...accepted)
    expect(surplus).toEqual([])
    expect(code).toBe(0)
    expect(titles).toContain('who can be ServiceAccount agents:demo-agent')
    expect(titles).toContain('pod demo-agent-1')
    expect(titles).toContain('administrators of the cluster: system:masters')
    expect(unread).toContainEqual(expect.stringContaining('EKS access entries'))
  })

  const eve = { kind: 'User', name: 'eve' }
  // biome-ignore format: table
  const additions: [what: string, rule: Rule, told: string | undefined][] = [
    ['who may mint tokens', { verbs: ['create'], apiGroups: [''], resources: ['serviceaccounts/token'] }, 'may mint its tokens'],
    ['who may mint tokens of all subresources', { verbs: ['*'], apiGroups: ['*'], resources: ['*/token'] }, 'may mint its tokens'],
    ['who may mint those of this account', { verbs: ['create'], apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: ['demo-agent'] }, 'may mint its tokens'],
    ['not who may mint those of another', { verbs: ['create'], apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: ['other'] }, undefined],
    ['not who may only read accounts', { verbs: ['get', 'create'], apiGroups: [''], resources: ['serviceaccounts'] }, undefined],
    ['who may make jobs', { verbs: ['create'], apiGroups: ['batch'], resources: ['cronjobs'] }, 'may run as it: any pod of the namespace may name it'],
    ['who may get into pods', { verbs: ['create'], apiGroups: [''], resources: ['pods/exec'] }, 'may get into its pods'],
    ['who may bind roles', { verbs: ['create'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'] }, 'may give such rights'],
    ['who may read secrets', { verbs: ['list'], apiGroups: [''], resources: ['secrets'] }, 'may read secrets of the namespace'],
    ['not who may go through nodes by a role of the namespace, which gives nothing of the kind', { verbs: ['get'], apiGroups: [''], resources: ['nodes/proxy'] }, undefined],
  ]
  it.each(additions)('marks %s', async (_what, rule, told) => {
    now.namespace = [
      role('Role', 'more', [rule], 'agents'),
      bind('RoleBinding', 'more', 'Role', eve, 'agents'),
    ]
    const { surplus } = await tell('--kube', ...accepted)
    expect(surplus).toEqual(told === undefined ? [] : [`eve ${told} (RoleBinding agents:more)`])
  })

  it('marks an add-on that nobody accepted, and who may go through the nodes of the whole cluster', async () => {
    const proxy: Rule = { verbs: ['get'], apiGroups: [''], resources: ['nodes/proxy'] }
    now.cluster.push(
      role('ClusterRole', 'debug', [proxy]),
      bind('ClusterRoleBinding', 'debug', 'ClusterRole', { kind: 'Group', name: 'support' }),
    )
    const { code, surplus } = await tell('--kube')
    expect(surplus).toEqual([
      'system:serviceaccount:storage:provisioner may run as it: any pod of the namespace may name it (ClusterRoleBinding provisioner)',
      'support may go through the node (ClusterRoleBinding debug)',
    ])
    expect(code).toBe(3)
  })

  it('is not evaluated in another cluster, and where kubectl may not read it', async () => {
    now.issuer = 'https://another.example'
    expect((await tell('--kube')).unread).toContainEqual(
      expect.stringContaining('which is not kubectl’s cluster'),
    )
    workplace.surroundings = {
      async kubectl(...args) {
        if (args.includes('--raw')) return JSON.stringify({ issuer })
        throw new Error('forbidden')
      },
    }
    expect((await tell('--kube')).unread).toContain('who can be ServiceAccount agents:demo-agent')
  })
})

describe('who may become the role in AWS', () => {
  it('is the ServiceAccount of the pods, which may call models', async () => {
    const { code, titles, surplus } = await tell('--aws', roleArn)
    expect(surplus).toEqual([])
    expect(code).toBe(0)
    expect(titles).toContain('may bedrock:InvokeModel on arn:aws:bedrock:*::foundation-model/x')
  })

  const ofPods = (account: string) => ({
    Effect: 'Allow',
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Condition: {
      StringEquals: {
        'aws:RequestTag/kubernetes-namespace': 'agents',
        'aws:RequestTag/kubernetes-service-account': account,
      },
    },
  })
  // biome-ignore format: table
  const trusts: [what: string, statement: Readonly<Record<string, unknown>>, words: string | undefined][] = [
    ['not EKS Pod Identity for the account', ofPods('demo-agent'), undefined],
    ['EKS Pod Identity for another account', ofPods('other'), 'Service pods.eks.amazonaws.com if aws:RequestTag/kubernetes-namespace'],
    ['a second principal', { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::999988887777:root' }, Action: 'sts:AssumeRole' }, 'AWS arn:aws:iam::999988887777:root'],
    ['everybody', { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }, '*'],
    ['the cluster without a condition of the subject', { ...trusted, Condition: { StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com' } } }, 'Federated arn'],
    ['the cluster by a pattern', { ...trusted, Condition: { StringLike: { [`${host}:sub`]: 'system:serviceaccount:*' } } }, 'StringLike system:serviceaccount:*'],
  ]
  it.each(trusts)('marks %s', async (_what, statement, words) => {
    aws.trust.push(statement)
    const { surplus } = await tell('--aws', roleArn)
    expect(surplus).toEqual(words === undefined ? [] : [expect.stringContaining(words)])
  })

  it('and does more than calling models is marked', async () => {
    aws.access.push({ Effect: 'Allow', Action: 's3:*', Resource: '*' })
    expect((await tell('--aws', roleArn)).surplus).toEqual(['may s3:* on *'])
  })
})
