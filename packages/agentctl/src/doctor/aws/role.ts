import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import {
  DescribePodIdentityAssociationCommand,
  EKSClient,
  ListPodIdentityAssociationsCommand,
} from '@aws-sdk/client-eks'
import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
} from '@aws-sdk/client-iam'
import { proxyAgentOptions } from '@entra-agents/service-kit'
import { type Statement, statementsOf } from './statements.ts'

/** Who may assume a role, and everything that the role may do. */
export interface Role {
  readonly trust: readonly Statement[]
  readonly access: readonly Statement[]
  /** How long a session may last. */
  readonly sessionHours?: number
}

/** Reads a role with its inline and its attached policies, with the AWS credentials of whoever runs the doctor. */
export async function readRole(arn: string, region: string): Promise<Role> {
  const iam = new IAMClient({ region, requestHandler: httpAgents() })
  const RoleName = arn.split('/').at(-1)
  const pages = [{ client: iam }, { RoleName }] as const
  try {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }))
    // IAM knows a role by its name alone, and looks for it in the account of the credentials.
    if (Role?.Arn !== arn) throw new Error(`AWS has ${Role?.Arn} in the place of ${arn}.`)
    const access: Statement[] = []
    for await (const { PolicyNames = [] } of paginateListRolePolicies(...pages))
      for (const PolicyName of PolicyNames) {
        const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
        access.push(...statementsOf(PolicyDocument))
      }
    for await (const { AttachedPolicies = [] } of paginateListAttachedRolePolicies(...pages))
      for (const { PolicyArn } of AttachedPolicies) {
        const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }))
        const version = { PolicyArn, VersionId: Policy?.DefaultVersionId }
        const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand(version))
        access.push(...statementsOf(PolicyVersion?.Document))
      }
    const { AssumeRolePolicyDocument, MaxSessionDuration = 3600 } = Role
    return { trust: statementsOf(AssumeRolePolicyDocument), access, sessionHours: MaxSessionDuration / 3600 }
  } finally {
    iam.destroy()
  }
}

function httpAgents() {
  const options = proxyAgentOptions()
  const limits = { connectionTimeout: 10_000, requestTimeout: 10_000, throwOnRequestTimeout: true }
  return { ...limits, httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) }
}

/** The role that EKS Pod Identity gives a ServiceAccount of a cluster. */
export async function findAssociatedRole(
  region: string,
  clusterName: string,
  { namespace, name: serviceAccount }: { readonly namespace: string; readonly name: string },
): Promise<string | undefined> {
  const eks = new EKSClient({ region, requestHandler: httpAgents() })
  try {
    const list = new ListPodIdentityAssociationsCommand({ clusterName, namespace, serviceAccount })
    const associationId = (await eks.send(list)).associations?.[0]?.associationId
    if (associationId === undefined) return undefined
    const describe = new DescribePodIdentityAssociationCommand({ clusterName, associationId })
    const { association } = await eks.send(describe)
    return association?.roleArn
  } finally {
    eks.destroy()
  }
}
