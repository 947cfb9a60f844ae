import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { AwsAccount } from '../../../../tests/aws/support/aws-account.ts'
import { isProgramMissing, needs } from '../../../../tests/support/programs.ts'
import { readRole } from '../../src/doctor/aws/role.ts'
import type { Statement } from '../../src/doctor/aws/statements.ts'
import { examine } from '../../src/doctor/finding.ts'
import { awsRoleChecks } from '../../src/doctor/kube/aws-role.ts'
import { Kubectl } from '../../src/doctor/kube/kubectl.ts'
import type { Release } from '../../src/doctor/kube/release.ts'
import { useRecordedCluster } from './support/recorded-cluster.ts'
import { sectionOf } from './support/table.ts'

needs('python')

const Issuer = 'https://germanywestcentral.oic.prod-aks.azure.com/11111111/22222222/'
const ModelId = 'eu.anthropic.claude-haiku-5-5'
const RoleName = 'entra-bedrock-agent'
const roleArn = `arn:aws:iam::123456789012:role/${RoleName}`
const webIdentity = { AWS_ROLE_ARN: roleArn }
const podIdentity = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials' }

const { folder, record } = useRecordedCluster()
let account: AwsAccount
beforeAll(async () => {
  if (!isProgramMissing('python')) account = await AwsAccount.start()
})
afterAll(() => account?.[Symbol.asyncDispose]())
beforeEach(() => {
  for (const [name, value] of Object.entries(account.environment)) vi.stubEnv(name, value)
})

const rightAnswers = {
  issuer: JSON.stringify({ issuer: Issuer }),
  context: 'arn:aws:eks:eu-central-1:123456789012:cluster/prod',
}

/** A release whose agent has these settings and nothing else. */
function releaseWith(settings: Readonly<Record<string, string>>): Release {
  const variables = Object.entries({ AWS_REGION: 'eu-central-1', ...settings })
  const env = variables.map(([name, value]) => ({ name, value }))
  const labels = { 'app.kubernetes.io/component': 'agent' }
  const metadata = { name: 'demo-agent-1', namespace: 'agents', labels }
  const spec = { serviceAccountName: 'demo-agent', containers: [{ name: 'agent', image: 'agent', env }] }
  const pod = { kind: 'Pod', metadata, spec, status: { phase: 'Running' } }
  return { name: 'demo', namespace: 'agents', pods: [pod], policies: [], ingresses: [], configMaps: [] }
}

const examineRole = (settings: Readonly<Record<string, string>> = webIdentity) =>
  examine(awsRoleChecks(new Kubectl('agents'), releaseWith(settings)))

const Version = '2012-10-17'
const adminStatement = { Effect: 'Allow', Action: '*', Resource: '*' }
const adminPolicy = JSON.stringify({ Version, Statement: [adminStatement] })
const otherAccount = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::999999999999:root' },
  Action: 'sts:AssumeRole',
}
const putPolicy = (PolicyName: string, PolicyDocument: string) =>
  account.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }))
/** Writes the role’s own policy anew. */
const changeStatements = async (change: (profile: Statement, model: Statement) => readonly object[]) => {
  const { Statement } = await account.modelPolicy(RoleName)
  await putPolicy('bedrock', JSON.stringify({ Version, Statement: change(Statement[0], Statement[1]) }))
}
const attachPolicy = async () => {
  const command = new CreatePolicyCommand({ PolicyName: 'backdoor', PolicyDocument: adminPolicy })
  const { Policy } = await account.iam.send(command)
  await account.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: Policy?.Arn }))
}
const trustOtherAccount = async () => {
  const { Statement } = await account.trustPolicy(RoleName)
  const PolicyDocument = JSON.stringify({ Version, Statement: [...Statement, otherAccount] })
  await account.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }))
}
const forgetCredentials = () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined)
  vi.stubEnv('HOME', folder)
}

const unchanged = () => {}
const byIssuer = { Issuer, ModelId }
const byPodIdentity = { PodIdentityCluster: 'prod', ModelId }

// biome-ignore format: table
const situations: readonly (readonly [what: string, deployed: Parameters<AwsAccount['deploy']>[1] | undefined, change?: () => unknown, settings?: Readonly<Record<string, string>>])[] = [
  ['a role that pods assume by tokens of the issuer', byIssuer],
  ['a role that pods assume by EKS Pod Identity', byPodIdentity, unchanged, podIdentity],
  ['the same policy in another form', byIssuer, () => changeStatements((profile, model) => [{ ...model, Action: [model['Action']].flat().toReversed(), Resource: [model['Resource']].flat().toReversed() }, { ...profile, Sid: 'Other', Resource: [profile['Resource']] }])],
  ['trust in another service account', { ...byIssuer, ServiceAccount: 'agents:another' }],
  ['trust in another AWS account as well', byIssuer, trustOtherAccount],
  ['a further inline policy', byIssuer, () => putPolicy('backdoor', adminPolicy)],
  ['a further statement in its own policy', byIssuer, () => changeStatements((...own) => [...own, adminStatement])],
  ['an attached policy', byIssuer, attachPolicy],
  ['no policy, which only warns, since another form of policy may give the access', byIssuer, () => account.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'bedrock' }))],
  ['no role', undefined],
  ['no role of EKS Pod Identity', undefined, unchanged, podIdentity],
  ['an issuer that may not be read', byIssuer, () => record({ issuer: undefined })],
  ['a context that names no cluster of EKS', byIssuer, () => record({ context: 'kind' }), podIdentity],
  ['a model for which the template is not made', byIssuer, unchanged, { ...webIdentity, BEDROCK_MODEL_ID: 'amazon.nova-2-lite-v1:0' }],
  ['pods that use no role', byIssuer, unchanged, {}],
  // The last, since the credentials stay away.
  ['whoever runs the doctor has no AWS credentials', byIssuer, forgetCredentials],
]

it('The doctor says how the role that the agent gets differs from the template’s', async () => {
  const sections: string[] = []
  for (const [what, deployed, change, settings] of situations) {
    await account.reset()
    record(rightAnswers)
    if (deployed) await account.deploy('agent', deployed)
    await change?.()
    sections.push(sectionOf(what, await examineRole(settings)))
  }
  await expect(sections.join('')).toMatchFileSnapshot('aws-role.txt')
})

it.each([
  [
    'another account has',
    roleArn.replace('123456789012', '999999999999'),
    `AWS has ${roleArn} in the place of`,
  ],
  ['nobody has', roleArn.replace('bedrock', 'rock'), 'not found'],
])('The doctor does not take another role for one that %s', async (_whose, arn, cause) => {
  await account.reset()
  await account.deploy('agent', byIssuer)
  await expect(readRole(arn, 'eu-central-1')).rejects.toThrow(cause)
})
