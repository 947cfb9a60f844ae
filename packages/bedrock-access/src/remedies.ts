import type { BedrockConfig } from './config.ts'
import { currentModelIds, readModelId } from './models.ts'

export function renewHint({ credential }: BedrockConfig): string {
  switch (credential.tier) {
    case 'api-key':
      return 'Generate a new Bedrock API key (short-term keys last at most 12 hours) and set AWS_BEARER_TOKEN_BEDROCK.'
    case 'sts':
      return 'Get new session credentials (aws sso login, then aws configure export-credentials --format env), put all three AWS_* values into .env and restart.'
    case 'federation':
      return 'The agent exchanges a new web identity token by itself; if this stays, check the clock and the token file.'
    case 'pod-identity':
      return 'The agent asks the EKS Pod Identity Agent again by itself; if this stays, look at the agent’s log on this node.'
    case 'default-chain':
      return 'Run aws sso login, or write new keys to the shared credentials file; the agent picks them up within seconds.'
  }
}

export function checkKeysHint({ credential, region }: BedrockConfig): string {
  switch (credential.tier) {
    case 'api-key':
      return `Check AWS_BEARER_TOKEN_BEDROCK: it must be copied whole, not expired, and generated for ${region} (a short-term key works only in its own region).`
    case 'sts':
      return 'Copy AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN again, all from the same session; an id that begins with AKIA goes without AWS_SESSION_TOKEN, one that begins with ASIA needs it.'
    case 'federation':
      return 'Check that AWS_WEB_IDENTITY_TOKEN_FILE names a file that this process may read (fsGroup for non-root), and AWS_ROLE_ARN a role that exists.'
    case 'pod-identity':
      return 'Check the pod identity association of this namespace and service account, and that egress to 169.254.170.23:80 is allowed.'
    case 'default-chain':
      return 'Set one kind of AWS credential (docs/bedrock.md), or AWS_PROFILE to a profile that works with the AWS command line.'
  }
}

export function trustHint({ credential }: BedrockConfig): string {
  const source = credential.tier === 'federation' ? ` of ${credential.source.split(' ', 1)[0]}` : ''
  return `Check that the role exists. Then compare the token’s iss, aud and sub, letter by letter, with the IAM OIDC provider’s URL and the trust policy${source}: aud sts.amazonaws.com, sub system:serviceaccount:<namespace>:<service account>.`
}

/** The IAM statement to paste. A profile needs both ARNs: the profile itself and the model behind it in every region. */
export function invokePolicyHint({ modelId, region }: BedrockConfig): string {
  return `Attach to the principal: ${JSON.stringify({
    Effect: 'Allow',
    Action: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
    Resource: invokeResources(modelId, region),
  })}`
}

function invokeResources(modelId: string, region: string): readonly string[] {
  if (modelId.startsWith('arn:')) return [modelId, 'arn:aws:bedrock:*::foundation-model/*']
  const { prefix, baseId } = readModelId(modelId)
  const model = `arn:aws:bedrock:*::foundation-model/${baseId}`
  if (prefix === undefined) return [model]
  const profile = `arn:aws:bedrock:${region}:*:inference-profile/${modelId}`
  return prefix === 'global'
    ? [profile, model, `arn:aws:bedrock:::foundation-model/${baseId}`]
    : [profile, model]
}

export function modelAccessHint({ modelId }: BedrockConfig): string {
  return `Open the model catalogue of the Bedrock console, submit Anthropic’s use case form once for the account, and subscribe to ${modelId} with a principal that has aws-marketplace:Subscribe and aws-marketplace:ViewSubscriptions.`
}

export function profileHint({ region }: BedrockConfig): string {
  return `Set BEDROCK_MODEL_ID to an inference profile that ${region} can call, such as ${currentModelIds(region).join(' or ')}.`
}

export function replacementHint({ region }: BedrockConfig): string {
  return `Set BEDROCK_MODEL_ID to a current model, such as ${currentModelIds(region).join(' or ')}.`
}
