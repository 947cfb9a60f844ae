import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { readRole } from '../../scripts/doctor/aws/role.ts'
import { examine } from '../../scripts/doctor/finding.ts'
import { awsRoleChecks } from '../../scripts/doctor/kube/aws-role.ts'
import { Kubectl } from '../../scripts/doctor/kube/kubectl.ts'
import type { Release } from '../../scripts/doctor/kube/release.ts'
import { AwsAccount } from '../aws/support/aws-account.ts'
import { isProgramMissing, needs } from '../support/programs.ts'

needs('python')

const Issuer = 'https://germanywestcentral.oic.prod-aks.azure.com/11111111/22222222/'
const ModelId = 'eu.anthropic.claude-haiku-5-5'
const RoleName = 'entra-bedrock-agent'
const roleArn = `arn:aws:iam::123456789012:role/${RoleName}`
const webIdentity = { AWS_ROLE_ARN: roleArn }
const podIdentity = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials' }

let account: AwsAccount
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-role-'))
  if (!isProgramMissing('python')) account = await AwsAccount.start()
})
afterAll(async () => {
  await account?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  await account.reset()
  for (const [name, value] of Object.entries(account.environment)) vi.stubEnv(name, value)
  vi.stubEnv(
    'PATH',
    `${resolve(import.meta.dirname, 'support/recorded-cluster')}${delimiter}${process.env['PATH']}`,
  )
  vi.stubEnv('RECORDED_CLUSTER', folder)
  await writeFile(join(folder, 'issuer'), JSON.stringify({ issuer: Issuer }))
  await writeFile(join(folder, 'context'), 'arn:aws:eks:eu-central-1:123456789012:cluster/prod')
})

/** A release whose agent has these settings and nothing else. */
function releaseWith(settings: Readonly<Record<string, string>>): Release {
  const env = Object.entries({ AWS_REGION: 'eu-central-1', ...settings }).map(([name, value]) => ({
    name,
    value,
  }))
  const metadata = {
    name: 'demo-agent-1',
    namespace: 'agents',
    labels: { 'app.kubernetes.io/component': 'agent' },
  }
  const spec = { serviceAccountName: 'demo-agent', containers: [{ name: 'agent', image: 'agent', env }] }
  const pod = { kind: 'Pod', metadata, spec, status: { phase: 'Running' } }
  return { name: 'demo', namespace: 'agents', pods: [pod], policies: [], ingresses: [], configMaps: [] }
}

async function examineRole(settings: Readonly<Record<string, string>> = webIdentity) {
  const [finding] = await examine(awsRoleChecks(new Kubectl('agents'), releaseWith(settings)))
  return finding
}

const Version = '2012-10-17'
const adminPolicy = { Version, Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const putPolicy = (PolicyName: string, document: object) =>
  account.iam.send(
    new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: JSON.stringify(document) }),
  )

describe('The doctor, when it checks the role that the template made,', () => {
  it.each([
    ['by tokens of the issuer', { Issuer }, webIdentity],
    ['by EKS Pod Identity', { PodIdentityCluster: 'prod' }, podIdentity],
  ])('finds no fault in a role that pods assume %s', async (_way, parameters, settings) => {
    await account.deploy('agent', { ...parameters, ModelId })
    expect(await examineRole(settings)).toEqual({
      check: 'AWS role',
      status: 'PASS',
      detail: `${roleArn} trusts and allows what the template says, and nothing else.`,
    })
  })

  it('says that the role trusts another service account instead, and which command mends the role', async () => {
    await account.deploy('agent', { Issuer, ModelId, ServiceAccount: 'agents:another' })
    const finding = await examineRole()
    expect(finding).toMatchObject({ status: 'FAIL', code: 'BEDROCK_CREDENTIALS_INVALID' })
    expect(finding?.detail).toContain('system:serviceaccount:agents:another')
    expect(finding?.hint).toContain(
      `--parameter-overrides Issuer=${Issuer} ServiceAccount=agents:demo-agent ModelId=${ModelId}`,
    )
  })

  it.each([
    ['an inline policy', () => putPolicy('backdoor', adminPolicy)],
    [
      'a further statement in its own policy',
      async () => {
        const { Statement } = await account.modelPolicy(RoleName)
        await putPolicy('bedrock', { Version, Statement: [...Statement, ...adminPolicy.Statement] })
      },
    ],
    [
      'an attached policy',
      async () => {
        const document = { PolicyName: 'backdoor', PolicyDocument: JSON.stringify(adminPolicy) }
        const { Policy } = await account.iam.send(new CreatePolicyCommand(document))
        await account.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: Policy?.Arn }))
      },
    ],
  ])('sees access that was added by %s', async (_how, add) => {
    await account.deploy('agent', { Issuer, ModelId })
    await add()
    const finding = await examineRole()
    expect(finding).toMatchObject({ status: 'FAIL', code: 'ROLE_ACCESS_ADDED' })
    expect(finding?.detail).toContain('{"Effect":"Allow","Action":"*","Resource":"*"}')
  })

  it.each([
    [
      'another account has',
      roleArn.replace('123456789012', '999999999999'),
      `AWS has ${roleArn} in the place of`,
    ],
    ['nobody has', roleArn.replace('bedrock', 'rock'), 'not found'],
  ])('does not take another role for one that %s', async (_whose, arn, cause) => {
    await account.deploy('agent', { Issuer, ModelId })
    await expect(readRole(arn, 'eu-central-1')).rejects.toThrow(cause)
  })

  it('sees that the role trusts another AWS account as well', async () => {
    await account.deploy('agent', { Issuer, ModelId })
    const { Statement } = await account.trustPolicy(RoleName)
    const other = {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::999999999999:root' },
      Action: 'sts:AssumeRole',
    }
    const PolicyDocument = JSON.stringify({ Version, Statement: [...Statement, other] })
    await account.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }))
    const finding = await examineRole()
    expect(finding).toMatchObject({ status: 'FAIL', code: 'ROLE_ACCESS_ADDED' })
    expect(finding?.detail).toContain('arn:aws:iam::999999999999:root')
  })

  it('only warns of missing access, since another form of policy may give it', async () => {
    await account.deploy('agent', { Issuer, ModelId })
    await account.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'bedrock' }))
    expect(await examineRole()).toMatchObject({ status: 'WARN', code: 'ROLE_ACCESS_MISSING' })
  })

  it('ignores order, ids, and whether a single value is a list', async () => {
    await account.deploy('agent', { Issuer, ModelId })
    const { Statement } = await account.modelPolicy(RoleName)
    const [profile, model] = Statement
    const same = [
      { ...model, Action: model.Action.toReversed(), Resource: model.Resource.toReversed() },
      { ...profile, Sid: 'Other', Resource: [profile.Resource] },
    ]
    await putPolicy('bedrock', { Version, Statement: same })
    expect(await examineRole()).toMatchObject({ status: 'PASS' })
  })

  it('says that the role is missing', async () => {
    expect(await examineRole()).toMatchObject({ status: 'FAIL', code: 'BEDROCK_CREDENTIALS_INVALID' })
    expect(await examineRole(podIdentity)).toMatchObject({
      status: 'FAIL',
      detail: 'prod associates no role with agents:demo-agent.',
    })
  })

  it.each([
    [
      'whoever runs it has no AWS credentials',
      async () => {
        for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined)
        vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
        vi.stubEnv('HOME', folder)
      },
      webIdentity,
    ],
    ['the issuer may not be read', () => rm(join(folder, 'issuer')), webIdentity],
    ['the context names no cluster of EKS', () => writeFile(join(folder, 'context'), 'kind'), podIdentity],
    [
      'the model is none for which the template is made',
      async () => {},
      { ...webIdentity, BEDROCK_MODEL_ID: 'amazon.nova-2-lite-v1:0' },
    ],
  ])('says that it could not check the role, if %s', async (_why, change, settings) => {
    await account.deploy('agent', { Issuer, ModelId })
    await change()
    expect(await examineRole(settings)).toMatchObject({ status: 'WARN', code: 'NOT_CHECKED' })
  })

  it('checks nothing if the pods use no role', async () => {
    expect(await examineRole({})).toBeUndefined()
  })
})
