import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { claudeModels, defaultModelId } from '@entra-agents/bedrock-access'
import { describe, expect, it } from 'vitest'
import { launcherOf } from '../../scripts/tools/tool.ts'
import { needs } from '../support/programs.ts'
import { fillTemplate } from './support/aws-account.ts'

const templatePath = resolve(import.meta.dirname, '../../k8s/federation/aws.yaml')
/** The URL of a cluster's issuer, with a trailing slash as on AKS. */
const Issuer = 'https://germanywestcentral.oic.prod-aks.azure.com/11111111/22222222/'
const host = Issuer.slice('https://'.length)
const providerArn = `arn:aws:iam::123456789012:oidc-provider/${host}`
const ModelId = 'eu.anthropic.claude-haiku-5-5'
const webIdentity = { Issuer, ModelId }
const podIdentity = { PodIdentityCluster: 'prod', ModelId }

const roleOf = (parameters: Readonly<Record<string, string>>) =>
  fillTemplate(parameters).resources['Role']?.Properties
const trustPolicyOf = (parameters: Readonly<Record<string, string>>) => {
  const document = roleOf(parameters)?.['AssumeRolePolicyDocument']
  return typeof document === 'string' ? JSON.parse(document) : document
}

describe('The CloudFormation template', () => {
  it('trusts one service account, by its exact issuer, audience and subject', () => {
    expect(trustPolicyOf(webIdentity).Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Federated: providerArn },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${host}:aud`]: 'sts.amazonaws.com',
            [`${host}:sub`]: 'system:serviceaccount:agents:demo-agent',
          },
        },
      },
    ])
  })

  it('makes the OIDC provider, with a single audience, unless the account already has a provider', () => {
    expect(fillTemplate(webIdentity).resources['Provider']?.Properties).toEqual({
      Url: Issuer,
      ClientIdList: ['sts.amazonaws.com'],
    })
    const existing = { ...webIdentity, OidcProvider: 'existing' }
    expect(Object.keys(fillTemplate(existing).resources)).toEqual(['Role'])
    expect(trustPolicyOf(existing)).toEqual(trustPolicyOf(webIdentity))
  })

  it('trusts one service account of one cluster by EKS Pod Identity, and associates the role with it', () => {
    expect(trustPolicyOf(podIdentity).Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: {
            'aws:RequestTag/eks-cluster-arn': 'arn:aws:eks:eu-central-1:123456789012:cluster/prod',
            'aws:RequestTag/kubernetes-namespace': 'agents',
            'aws:RequestTag/kubernetes-service-account': 'demo-agent',
          },
        },
      },
    ])
    const { resources } = fillTemplate(podIdentity)
    expect(Object.keys(resources)).toEqual(['Role', 'Association'])
    expect(resources['Association']?.Properties).toEqual({
      ClusterName: 'prod',
      Namespace: 'agents',
      ServiceAccount: 'demo-agent',
      RoleArn: 'arn:aws:iam::123456789012:role/entra-bedrock-agent',
    })
  })

  it('allows calls to the profile, and to its model only through the profile, whether the model’s ARN has any region or none', () => {
    const profile = `arn:aws:bedrock:eu-central-1:123456789012:inference-profile/${ModelId}`
    const Action = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream']
    expect(roleOf(webIdentity)?.['Policies']).toEqual([
      {
        PolicyName: 'bedrock',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            { Sid: 'Profile', Effect: 'Allow', Action, Resource: profile },
            {
              Sid: 'ModelBehindIt',
              Effect: 'Allow',
              Action,
              Resource: [
                'arn:aws:bedrock:*::foundation-model/anthropic.claude-haiku-5-5',
                'arn:aws:bedrock:::foundation-model/anthropic.claude-haiku-5-5',
              ],
              Condition: { StringEquals: { 'bedrock:InferenceProfileArn': profile } },
            },
          ],
        },
      },
    ])
  })

  it('outputs the values that the chart takes', () => {
    const aws = { region: 'eu-central-1', modelId: ModelId }
    const roleArn = 'arn:aws:iam::123456789012:role/entra-bedrock-agent'
    const valuesOf = (parameters: Readonly<Record<string, string>>) =>
      JSON.parse(fillTemplate(parameters).outputs['ChartValues'] ?? '')
    expect(valuesOf(webIdentity)).toEqual({ aws: { ...aws, auth: 'webIdentity', roleArn } })
    expect(valuesOf(podIdentity)).toEqual({ aws: { ...aws, auth: 'podIdentity' } })
  })

  it('accepts every profile that the agent knows', () => {
    const profiles = claudeModels.flatMap(({ id, profiles }) => profiles.map(prefix => `${prefix}.${id}`))
    for (const ModelId of [...profiles, defaultModelId('eu-central-1')])
      expect(() => fillTemplate({ ...webIdentity, ModelId })).not.toThrow()
  })

  // biome-ignore format: table
  it.each([
    ['no issuer and no cluster', { Issuer: '' }, 'Give either Issuer or PodIdentityCluster.'],
    ['both an issuer and a cluster', { PodIdentityCluster: 'prod' }, 'Give either Issuer or PodIdentityCluster.'],
    ['an issuer without https', { Issuer: 'http://issuer.example' }, 'Issuer must be an https URL'],
    ['an issuer with quotation marks', { Issuer: 'https://x/","y":"' }, 'Issuer must be an https URL'],
    ['a service account without a namespace', { ServiceAccount: 'demo-agent' }, 'ServiceAccount must be namespace:name'],
    ['a text that is no model', { ModelId: 'nonsense' }, 'ModelId must be an inference profile'],
    ['all models', { ModelId: 'eu.anthropic.*' }, 'ModelId must be an inference profile'],
    ['an unknown choice of the provider', { OidcProvider: 'none' }, 'OidcProvider must be one of create,existing'],
  ])('refuses parameters with %s', (_what, wrong, words) => {
    expect(() => fillTemplate({ ...webIdentity, ...wrong })).toThrow(words)
  })
})

describe('The linter of CloudFormation templates', () => {
  needs('cfn-lint')

  it('finds nothing wrong in the template', async () => {
    const { stdout } = await promisify(execFile)(launcherOf('cfn-lint'), [templatePath])
    expect(stdout.trim()).toBe('')
  })
})
