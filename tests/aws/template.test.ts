import { resolve } from 'node:path'
import { claudeModels, defaultModelId } from '@entra-agents/bedrock-access'
import { describe, expect, it } from 'vitest'
import { launcherOf } from '../../scripts/tools/tool.ts'
import { needs } from '../support/programs.ts'
import { run } from '../support/run.ts'
import { fillTemplate } from './support/aws-account.ts'

const templatePath = resolve(import.meta.dirname, '../../k8s/federation/aws.yaml')
/** The URL of a cluster's issuer, with a trailing slash as on AKS. */
const Issuer = 'https://germanywestcentral.oic.prod-aks.azure.com/11111111/22222222/'
const ModelId = 'eu.anthropic.claude-haiku-5-5'
const webIdentity = { Issuer, ModelId }

/** Policies that the template writes as JSON text are shown as objects. */
const show = (key: string, value: unknown) =>
  key !== 'Description' && typeof value === 'string' && value.startsWith('{') ? JSON.parse(value) : value

describe('The CloudFormation template', () => {
  it('makes a role that trusts one service account and may call one model, and outputs the values that the chart takes', async () => {
    // biome-ignore format: table
    const sections = [
      ['by tokens of an issuer', webIdentity],
      ['by tokens of an issuer whose OIDC provider the account already has', { ...webIdentity, OidcProvider: 'existing' }],
      ['by EKS Pod Identity', { PodIdentityCluster: 'prod', ModelId }],
    ] as const
    const texts = sections.map(
      ([what, parameters]) => `# ${what}\n\n${JSON.stringify(fillTemplate(parameters), show, 2)}\n`,
    )
    await expect(texts.join('\n')).toMatchFileSnapshot('template.txt')
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

const lint = 'import sys; from cfnlint.runner import main; sys.exit(main())'

describe('The linter of CloudFormation templates', () => {
  needs('python')

  it('finds nothing wrong in the template', async () => {
    expect((await run(launcherOf('python'), ['-c', lint, templatePath])).trim()).toBe('')
  })
})
