import { BedrockError, type BedrockErrorName } from '../wire/bedrock-error.ts'
import type { InvokedModel } from './invoked-model.ts'

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
export function checkModelAccess({ model, profile }: InvokedModel): void {
  const bareModel: Refusal = [
    'ValidationException',
    `Invocation of model ID ${model.id} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
  ]
  const refusal = refusals[model.lifecycle] ?? (profile ? refusals[model.access] : bareModel)
  if (refusal) throw new BedrockError(...refusal)
}
