import { readModelId } from '../../services/agent/src/model/models.ts'
import { type Account, modelsBehind } from './account.ts'
import type { Settings } from './options.ts'

type PolicyDocument = Readonly<Record<string, unknown>>

export const audience = 'sts.amazonaws.com'

const invoke = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream']

/** Who may become the role: the one service account, by tokens of the one issuer for the one audience. */
export function trustWebIdentity(
  provider: { readonly arn: string; readonly url: string },
  { namespace, serviceAccount }: Settings,
): PolicyDocument {
  return policy({
    Effect: 'Allow',
    Principal: { Federated: provider.arn },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: {
        [`${provider.url}:aud`]: audience,
        [`${provider.url}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
      },
    },
  })
}

/** Who may become the role: the one service account of the one cluster, by EKS Pod Identity. */
export function trustPodIdentity({ id, partition }: Account, settings: Settings): PolicyDocument {
  const { region, cluster, namespace, serviceAccount } = settings
  return policy({
    Effect: 'Allow',
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    Condition: {
      StringEquals: {
        'aws:RequestTag/eks-cluster-arn': `arn:${partition}:eks:${region}:${id}:cluster/${cluster}`,
        'aws:RequestTag/kubernetes-namespace': namespace,
        'aws:RequestTag/kubernetes-service-account': serviceAccount,
      },
    },
  })
}

/** What the role may do: call the one model; by an inference profile also the models behind it, but only through it. */
export async function allowModel(account: Account, { region, modelId }: Settings): Promise<PolicyDocument> {
  const { id, partition } = account
  const isArn = modelId.startsWith('arn:')
  if (!isArn && readModelId(modelId).prefix === undefined)
    return policy({
      Effect: 'Allow',
      Action: invoke,
      Resource: `arn:${partition}:bedrock:${region}::foundation-model/${modelId}`,
    })
  const profile = isArn ? modelId : `arn:${partition}:bedrock:${region}:${id}:inference-profile/${modelId}`
  return policy(
    { Sid: 'Profile', Effect: 'Allow', Action: invoke, Resource: profile },
    {
      Sid: 'ModelsBehindIt',
      Effect: 'Allow',
      Action: invoke,
      Resource: [...(await modelsBehind(account, modelId))].sort(),
      Condition: { StringEquals: { 'bedrock:InferenceProfileArn': profile } },
    },
  )
}

function policy(...Statement: PolicyDocument[]): PolicyDocument {
  return { Version: '2012-10-17', Statement }
}
