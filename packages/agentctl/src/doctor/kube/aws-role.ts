import { bedrockProblem, defaultModelId } from '@entra-agents/bedrock-access'
import { isProblem, type ProblemError } from '@entra-agents/service-kit'
import { findAssociatedRole, type Role, readRole } from '../aws/role.ts'
import { renderRole } from '../aws/role-template.ts'
import { compareStatements, type Statement } from '../aws/statements.ts'
import { ParameterError } from '../aws/template.ts'
import type { Check } from '../finding.ts'
import { trouble } from '../problems.ts'
import { issuerOf, type Kubectl } from './kubectl.ts'
import { agentSettings, podsOf, type Release } from './release.ts'

const deployCommand =
  'aws cloudformation deploy --stack-name entra-bedrock-agent --template-file k8s/federation/aws.yaml --capabilities CAPABILITY_NAMED_IAM'

/** Compares the role that the agent's pods get with the role of the template, using the AWS credentials of whoever runs the doctor. */
export function awsRoleChecks(kubectl: Kubectl, release: Release): readonly Check[] {
  const [agent] = podsOf(release, 'agent')
  const settings = agentSettings(release) ?? {}
  const { AWS_ROLE_ARN, AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_REGION: region = '' } = settings
  if (!agent || !(AWS_ROLE_ARN || AWS_CONTAINER_CREDENTIALS_FULL_URI)) return []
  const { namespace } = release
  const name = agent.spec.serviceAccountName
  return [
    {
      name: 'AWS role',
      blindBy: { code: 'CLUSTER_UNREACHABLE', hint: rightsHint },
      async run() {
        try {
          const way = AWS_ROLE_ARN
            ? await roleByIssuer(kubectl, AWS_ROLE_ARN)
            : await roleByPodIdentity(kubectl, { namespace, name })
          const parameters = {
            ...way.parameters,
            ServiceAccount: `${namespace}:${name}`,
            ModelId: settings['BEDROCK_MODEL_ID'] || defaultModelId(region),
          }
          return judgeRole(
            way.roleArn,
            parameters,
            await readRole(way.roleArn, region),
            await renderRole(way.roleArn, parameters, region),
          )
        } catch (error) {
          throw toProblem(error)
        }
      },
    },
  ]
}

interface AssignedRole {
  readonly roleArn: string
  readonly parameters: Readonly<Record<string, string>>
}

async function roleByIssuer(kubectl: Kubectl, roleArn: string): Promise<AssignedRole> {
  const Issuer = await issuerOf(kubectl)
  if (Issuer === undefined)
    throw trouble('NOT_CHECKED', 'kubectl’s user may not read the cluster’s issuer.', rightsHint)
  return { roleArn, parameters: { Issuer, OidcProvider: 'existing' } }
}

/** Finds the EKS cluster by the context's cluster name, which `aws eks update-kubeconfig` sets to the cluster's ARN. */
async function roleByPodIdentity(
  kubectl: Kubectl,
  serviceAccount: { readonly namespace: string; readonly name: string },
): Promise<AssignedRole> {
  const nameOfCluster = 'jsonpath={.contexts[0].context.cluster}'
  const context = await kubectl.run(['config', 'view', '--minify', '--output', nameOfCluster])
  const [, region, cluster] = /^arn:[^:]+:eks:([^:]+):\d+:cluster\/(.+)$/.exec(context.trim()) ?? []
  if (!region || !cluster)
    throw trouble('NOT_CHECKED', 'kubectl’s context does not name an EKS cluster by its ARN.', rightsHint)
  const roleArn = await findAssociatedRole(region, cluster, serviceAccount)
  if (!roleArn)
    throw bedrockProblem(
      'BEDROCK_CREDENTIALS_INVALID',
      `${cluster} associates no role with ${serviceAccount.namespace}:${serviceAccount.name}.`,
      { hint: `${deployCommand} --parameter-overrides PodIdentityCluster=${cluster}` },
    )
  return { roleArn, parameters: { PodIdentityCluster: cluster } }
}

function judgeRole(roleArn: string, parameters: Readonly<Record<string, string>>, found: Role, wanted: Role) {
  const trust = compareStatements(wanted.trust, found.trust)
  const access = compareStatements(wanted.access, found.access)
  const { OidcProvider: _provider, ...asked } = parameters
  const overrides = Object.entries(asked).map(([name, value]) => `${name}=${value}`)
  const hint = `${deployCommand} --parameter-overrides ${overrides.join(' ')}`
  if (trust.missing.length > 0)
    throw bedrockProblem(
      'BEDROCK_CREDENTIALS_INVALID',
      `${roleArn} trusts ${toText(found.trust)}, and the pods need ${toText(trust.missing)}.`,
      { hint },
    )
  const extra = [...trust.extra, ...access.extra]
  if (extra.length > 0)
    throw trouble('ROLE_ACCESS_ADDED', `${roleArn} has what the template does not give it: ${toText(extra)}.`)
  if (access.missing.length > 0)
    return trouble('ROLE_ACCESS_MISSING', `${roleArn} lacks ${toText(access.missing)}.`, hint)
  return `${roleArn} trusts and allows what the template says, and nothing else.`
}

function toText(statements: readonly Statement[]): string {
  return statements.map(({ Sid: _id, ...statement }) => JSON.stringify(statement)).join(', ') || 'nobody'
}

function toProblem(error: unknown): ProblemError {
  if (isProblem(error)) return error
  const { name, message } = error as Error
  if (name === 'NoSuchEntityException')
    return bedrockProblem('BEDROCK_CREDENTIALS_INVALID', `AWS has no such role: ${message}`, {
      hint: deployCommand,
    })
  const isOwn = error instanceof ParameterError
  return trouble('NOT_CHECKED', isOwn ? message : `${message} (${name})`, rightsHint)
}

const rightsHint =
  'Run the doctor with AWS credentials that may read the role: iam:GetRole, ListRolePolicies, GetRolePolicy, ListAttachedRolePolicies, GetPolicy, GetPolicyVersion.'
