import { BedrockClient, GetInferenceProfileCommand } from '@aws-sdk/client-bedrock'
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks'
import { IAMClient } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { Mistake } from '../set-up/mistake.ts'

/** The AWS account that the credentials belong to, and the APIs that are asked. */
export interface Account {
  readonly id: string
  /** `aws`, or that of China or the government clouds. */
  readonly partition: string
  readonly iam: IAMClient
  readonly eks: EKSClient
  readonly bedrock: BedrockClient
}

export async function openAccount(region: string): Promise<Account> {
  const { Account: id = '', Arn = '' } = await new STSClient({ region }).send(
    new GetCallerIdentityCommand({}),
  )
  return {
    id,
    partition: Arn.split(':')[1] ?? 'aws',
    iam: new IAMClient({ region }),
    eks: new EKSClient({ region }),
    bedrock: new BedrockClient({ region }),
  }
}

/** The issuer of an EKS cluster’s tokens. */
export async function issuerOf({ eks }: Account, cluster: string): Promise<string> {
  const { cluster: described } = await eks.send(new DescribeClusterCommand({ name: cluster }))
  const issuer = described?.identity?.oidc?.issuer
  if (!issuer)
    throw new Mistake(`The cluster ${cluster} has no OIDC issuer.`, 'Check the name of the cluster.')
  return issuer
}

/** The models behind an inference profile, one ARN for each region that it routes to. */
export async function modelsBehind({ bedrock }: Account, profile: string): Promise<readonly string[]> {
  const { models = [] } = await bedrock.send(
    new GetInferenceProfileCommand({ inferenceProfileIdentifier: profile }),
  )
  return models.flatMap(({ modelArn }) => (modelArn ? [modelArn] : []))
}

/** The resource is not there, whichever service says so. */
export function isMissing(error: unknown): boolean {
  const { name } = (error ?? {}) as { name?: unknown }
  return name === 'NoSuchEntityException' || name === 'ResourceNotFoundException'
}

/** What `ask` finds; `undefined` when there is no such thing. */
export async function ifThere<Result>(ask: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
