import { readFile } from 'node:fs/promises'
import type { Role } from './role.ts'
import { statementsOf } from './statements.ts'
import { renderTemplate } from './template.ts'

const template = new URL('../../../../../k8s/federation/aws.yaml', import.meta.url)

/**
 * The role that the CloudFormation template makes with these parameters.
 *
 * @throws {ParameterError} for a parameter that is not allowed
 */
export async function renderRole(
  roleArn: string,
  parameters: Readonly<Record<string, string>>,
  region: string,
): Promise<Role> {
  const [, partition = '', , , account = '', resource = ''] = roleArn.split(':')
  const { Resources } = renderTemplate(await readFile(template, 'utf8'), {
    ...parameters,
    RoleName: resource.split('/').at(-1) ?? '',
    'Role.Arn': roleArn,
    'AWS::Partition': partition,
    'AWS::Region': region,
    'AWS::AccountId': account,
  })
  const { AssumeRolePolicyDocument, Policies } = Resources['Role']?.Properties ?? {}
  const policies = Policies as readonly { readonly PolicyDocument: unknown }[]
  return {
    trust: statementsOf(AssumeRolePolicyDocument),
    access: policies.flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument)),
  }
}
