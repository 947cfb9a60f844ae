import { writeFileSync } from 'node:fs'
import { reviewPermissions } from '@entra-agents/trace'
import { describe, expect, it, vi } from 'vitest'
import { tenantId } from '../../../../emulators/entra/src/testing/start-entra.ts'
import type { Role } from '../../src/doctor/aws/role.ts'
import { renderRole } from '../../src/doctor/aws/role-template.ts'
import { readAzureAs } from '../../src/entra/blast-radius/azure.ts'
import type { Json } from '../../src/entra/graph.ts'
import { permissions } from '../../src/entra/objects/kinds.ts'
import { FakeCluster, issuer } from './support/fake-cluster.ts'
import { type Scenes, useSetUp } from './support/tenant.ts'

const host = issuer.replace('https://', '')
const roleArn = 'arn:aws:iam::111122223333:role/entra-bedrock-agent'
const tenant = useSetUp(`apply --cluster-issuer ${issuer} --service-account agents:demo-agent`, [
  ...permissions,
  ...reviewPermissions,
])
const { expectScenes, idOf } = tenant
const templateRole = await renderRole(roleArn, { Issuer: issuer, OidcProvider: 'existing' }, 'eu-central-1')

type Statement = Readonly<Record<string, unknown>>
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

let azure: Readonly<Record<string, object>>
let role: { trust: Statement[]; access: Statement[]; sessionHours: number }
/** The state of Azure and AWS in which each test, and each row of a table, begins. */
function begin(): void {
  role = { trust: [trustStatement], access: [...templateRole.access], sessionHours: 1 }
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
    cluster: new FakeCluster(),
    readRole: async (): Promise<Role> => role,
  }
}

/** The lines of the blast radius that are marked, and the exit code. */
const showLines = (options: string) => async () => {
  const shown = await tenant.show(`blast-radius ${options}`)
  const isMeant = /^\$| (SURPLUS|FAULT|not evaluated) |exit code/
  return shown
    .split('\n')
    .filter(line => isMeant.test(line))
    .join('\n')
}

it('the blast radius shows Kubernetes with --kube, and takes the subjects of --accept for planned', () =>
  expectScenes('clouds-kube', [
    ['all subjects', begin, showLines('--kube')],
    ['an accepted one', begin, showLines('--kube --accept system:serviceaccount:storage:provisioner')],
  ]))

describe('the roles of agents in Azure', () => {
  const contributor = '/providers/Microsoft.Authorization/roleDefinitions/contributor'
  const scope = '/providers/Microsoft.Management/managementGroups/all'
  const assigned = { id: 'one', properties: { roleDefinitionId: contributor, scope } }
  const assignTo = (subscription: string) => ({
    [`/subscriptions/${subscription}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=assignedTo('${idOf('agent/weather-agent')}')`]:
      { value: [assigned] },
  })
  const assignInBoth = () => {
    const named = { [contributor]: { properties: { roleName: 'Contributor' } } }
    azure = { ...azure, ...assignTo('s1'), ...assignTo('s2'), ...named }
  }
  const assignInOne = () => Object.assign(azure, assignTo('s1'))
  const hideAzure = () => {
    azure = {}
  }
  const rows: Scenes = [
    ['no role', begin, showLines('--azure')],
    ['one role in two subscriptions', begin, assignInBoth, showLines('--azure')],
    ['a role whose name Azure does not show', begin, assignInOne, showLines('--azure')],
    ['without --azure', begin, assignInOne, showLines('')],
    ['Azure cannot be read', begin, hideAzure, showLines('--azure')],
  ]

  it('are marked with the name of the role, each assignment once, and are not evaluated if they cannot be read', () =>
    expectScenes('clouds-azure', rows))

  it('are read from Azure Resource Manager with a token of the Azure CLI', async () => {
    const expires = new Date(Date.now() + 3_600_000).toISOString()
    const token = { accessToken: 'cli-token', expiresOn: expires, expires_on: Date.parse(expires) / 1_000 }
    tenant.workplace.standIn('az', `echo '${JSON.stringify(token)}'`)
    const sent: unknown[] = []
    const read = readAzureAs(tenantId, async (url, { headers }) => {
      sent.push([url, headers])
      return Response.json({ value: [] })
    })
    expect(await read('/subscriptions?api-version=2022-12-01')).toEqual({ value: [] })
    await expect(read('https://evil.example/next')).rejects.toThrow('is not Azure Resource Manager')
    vi.unstubAllEnvs()
    const url = 'https://management.azure.com/subscriptions?api-version=2022-12-01'
    expect(sent).toEqual([[url, { authorization: 'Bearer cli-token' }]])
  })
})

describe('the role in AWS', () => {
  const eksCluster = {
    'aws:RequestTag/eks-cluster-arn': 'arn:aws:eks:eu-central-1:111122223333:cluster/prod',
  }
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
  const assume = { Effect: 'Allow', Action: 'sts:AssumeRole' }
  const onSubject = (Condition: object) => role.trust.push({ ...trustStatement, Condition })
  const allow = (Action: string, Resource: string) => role.access.push({ Effect: 'Allow', Action, Resource })
  const nova = 'arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.amazon.nova-2-lite-v1:0'
  // biome-ignore format: table
  const rows: readonly (readonly [what: string, change: () => unknown])[] = [
    ['EKS Pod Identity for the ServiceAccount', () => role.trust.push(ofPods('demo-agent', eksCluster))],
    ['EKS Pod Identity of any cluster', () => role.trust.push(ofPods('demo-agent'))],
    ['EKS Pod Identity for another ServiceAccount', () => role.trust.push(ofPods('other', eksCluster))],
    ['a second principal', () => role.trust.push({ ...assume, Principal: { AWS: 'arn:aws:iam::999988887777:root' } })],
    ['everybody', () => role.trust.push({ ...assume, Principal: '*' })],
    ['the cluster’s tokens without a condition on the subject', () => onSubject({ StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com' } })],
    ['the cluster’s tokens by a pattern of subjects', () => onSubject({ StringLike: { [`${host}:sub`]: 'system:serviceaccount:*' } })],
    ['other services', () => allow('s3:*', '*')],
    ['all models', () => allow('bedrock:InvokeModel', '*')],
    ['a model without the profile', () => allow('bedrock:InvokeModel', 'arn:aws:bedrock:*::foundation-model/x')],
    ['all actions but some', () => role.access.push({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' })],
    ['sessions of more than an hour', () => Object.assign(role, { sessionHours: 12 })],
    ['a role that cannot be read', () => Object.assign(tenant.workplace.surroundings, { readRole: () => Promise.reject(new Error('Could not load credentials from any providers')) })],
    ['another model in .env than the role may call', () => writeFileSync(tenant.workplace.envPath, 'BEDROCK_MODEL_ID=eu.anthropic.claude-opus-5\n')],
    ['a model for which the template is not made', () => { role.access.splice(0); allow('bedrock:InvokeModel', nova); allow('s3:*', '*') }],
    [
      'another issuer in both, as compared with the plan, not with the credentials that the blueprint has now',
      () => {
        for (const { federatedIdentityCredentials } of tenant.content().applications)
          for (const one of federatedIdentityCredentials) one.issuer = 'https://evil.example'
        role.trust = JSON.parse(JSON.stringify(role.trust).replaceAll(host, 'evil.example'))
      },
    ],
  ]

  it('is told with who may become it and what it may, and marked where it goes beyond the template', () =>
    expectScenes('clouds-aws', [
      ['the role of the template', begin, `blast-radius --aws ${roleArn}`],
      ...rows.map(([what, change]) => [what, begin, change, showLines(`--aws ${roleArn}`)] as const),
    ]))
})
