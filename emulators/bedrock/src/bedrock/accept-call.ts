import type { FastifyRequest } from 'fastify'
import type { Account } from '../account/account.ts'
import { type Geography, geographies, type Model } from '../account/models.ts'
import { type AccessQuestion, decideAccess } from '../account/policy.ts'
import { type Prefix, readPrefixes } from '../account/prompt-cache.ts'
import { authenticate, type Caller } from '../authentication/authenticate.ts'
import { receivedRequest } from '../authentication/verify-signature.ts'
import type { Controls } from '../control/controls.ts'
import { userIdentityOf } from '../logs/user-identity.ts'
import { BedrockError, type BedrockErrorName, validationError } from '../wire/bedrock-error.ts'
import { type ConverseRequest, parseConverseRequest } from '../wire/converse-request.ts'
import { checkCachePoints, checkConversation, checkParameters } from './check-request.ts'

export interface BedrockDependencies {
  readonly account: Account
  readonly controls: Controls
  readonly random: () => number
}

export type ModelRequest = FastifyRequest<{ Params: { modelId: string } }>

/** Authenticates, authorises and checks a call in the order in which AWS does. @throws {BedrockError} */
export async function acceptCall(
  { account, controls }: BedrockDependencies,
  request: ModelRequest,
  { operation, action }: { readonly operation: string; readonly action: string },
): Promise<{ converse: ConverseRequest; model: Model; prefixes: readonly Prefix[] }> {
  const { modelId } = request.params
  const received = receivedRequest(request)
  controls.requests.note(request, { operation, modelId, requestId: request.id })
  const caller = await authenticate(account, received)
  controls.requests.note(request, { principal: caller.arn })
  controls.trail.note(request, {
    ...{ eventSource: 'bedrock.amazonaws.com', eventName: operation, userIdentity: userIdentityOf(caller) },
    requestParameters: { modelId },
    ...(caller.credential === 'api-key' && { additionalEventData: { callWithBearerToken: true } }),
  })
  const invoked = findInvokedModel(account, modelId)
  const { model } = invoked
  authorise(account, caller, action, invoked)
  checkModelAccess(invoked)
  const converse = parseConverseRequest(received.body)
  checkConversation(converse, model.isBefore55)
  checkParameters(converse, model)
  checkCachePoints(converse, model)
  const prefixes = readPrefixes(model.id, converse)
  const inputTokens = prefixes.at(-1)?.tokens ?? 0
  if (inputTokens > model.contextTokens) throw validationError('Input is too long for requested model.')
  return { converse, model, prefixes }
}

/** The model that a call's path names, by an inference profile or by its own id. */
type InvokedModel = Readonly<ReturnType<typeof findInvokedModel>>

/** Regions that a geography's profile sends requests to (AWS, "Supported Regions and models for inference profiles"). */
const profileRegions: Readonly<Record<Exclude<Geography, 'global'>, readonly string[]>> = {
  us: ['us-east-1', 'us-east-2', 'us-west-2'],
  eu: ['eu-central-1', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-3'],
  jp: ['ap-northeast-1', 'ap-northeast-3'],
  au: ['ap-southeast-2', 'ap-southeast-4'],
  apac: ['ap-northeast-1', 'ap-northeast-2', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2'],
}

/**
 * Finds the model of a model id, profile id or profile ARN in the account's region.
 *
 * @throws {BedrockError}
 */
function findInvokedModel(account: Account, modelId: string) {
  const { region, accountId } = account.config
  const profileArns = `arn:aws:bedrock:${region}:${accountId}:inference-profile/`
  const id = modelId.replace(profileArns, '')
  const geography = geographies.find(candidate => id.startsWith(`${candidate}.`))
  const model = account.model(geography === undefined ? id : id.slice(geography.length + 1))
  const regions = regionsOf(geography, region)
  const isReachable = geography === undefined || model?.profiles.includes(geography)
  if (!model || !isReachable || !regions.includes(region))
    throw validationError('The provided model identifier is invalid.')
  return {
    model,
    modelArns: regions.map(destination => `arn:aws:bedrock:${destination}::foundation-model/${model.id}`),
    profile: geography && { id, arn: `${profileArns}${id}` },
  }
}

/** The regions in the ARNs of the models that a call may use. A global profile also uses an ARN with an empty region. */
function regionsOf(geography: Geography | undefined, region: string): readonly string[] {
  if (geography === undefined) return [region]
  return geography === 'global' ? [region, ''] : profileRegions[geography]
}

/**
 * Checks that the caller's policy allows *every* model that is called and, if they are used, inference profile and API key.
 *
 * @throws {BedrockError} with IAM's text
 */
function authorise(
  account: Account,
  { arn, policyArn, credential }: Caller,
  invoke: string,
  { profile, modelArns }: InvokedModel,
): void {
  const requireAccess = (action: string, resource: string, context: AccessQuestion['context'] = {}) => {
    const decision = decideAccess(account.policyOf(policyArn), { action, resource, context })
    if (decision === 'allowed') return
    const reason =
      decision === 'explicitly-denied'
        ? 'with an explicit deny in an identity-based policy'
        : `because no identity-based policy allows the ${action} action`
    const message = `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`
    throw new BedrockError('AccessDeniedException', message, 'authorisation')
  }
  if (credential === 'api-key') requireAccess('bedrock:CallWithBearerToken', '*')
  if (profile) requireAccess(invoke, profile.arn)
  const context = profile ? { 'bedrock:InferenceProfileArn': profile.arn } : {}
  for (const modelArn of modelArns) requireAccess(invoke, modelArn, context)
}

type Refusal = readonly [BedrockErrorName, string]

/** By the lifecycle of the model, or by the account's access to it. */
// biome-ignore format: table
const refusals: Readonly<Partial<Record<InvokedModel['model']['lifecycle' | 'access'], Refusal>>> = {
  EOL: ['ResourceNotFoundException', 'This model version has reached the end of its life. Please refer to the AWS documentation for more details.'],
  LEGACY: ['ResourceNotFoundException', 'Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 30 days. Please upgrade to an active model on Amazon Bedrock'],
  'not-granted': ['AccessDeniedException', "You don't have access to the model with the specified model ID."],
  'no-use-case-form': ['ResourceNotFoundException', 'Model use case details have not been submitted for this account. Fill out the Anthropic use case details form before using the model. If you have already filled out the form, try again in 15 minutes.'],
  'no-subscription': ['AccessDeniedException', 'Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access to this model.'],
}

/**
 * Checks that the model is available, was called through a profile, and may be used by the account.
 *
 * @throws {BedrockError}
 */
function checkModelAccess({ model, profile }: InvokedModel): void {
  const bareModel: Refusal = [
    'ValidationException',
    `Invocation of model ID ${model.id} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
  ]
  const refusal = refusals[model.lifecycle] ?? (profile ? refusals[model.access] : bareModel)
  if (refusal) throw new BedrockError(...refusal)
}
