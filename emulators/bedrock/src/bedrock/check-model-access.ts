import { BedrockError, invalid } from '../wire/bedrock-error.ts'
import type { InvokedModel } from './invoked-model.ts'

/** Checks that the model lives, that the account may use it, and that it was called as it wants to be. @throws {BedrockError} */
export function checkModelAccess({ model, profile }: InvokedModel): void {
  if (model.lifecycle === 'EOL') {
    throw notFound(
      'This model version has reached the end of its life. Please refer to the AWS documentation for more details.',
    )
  }
  if (model.lifecycle === 'LEGACY') {
    throw notFound(
      'Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 30 days. Please upgrade to an active model on Amazon Bedrock',
    )
  }
  if (profile === undefined) {
    throw invalid(
      `Invocation of model ID ${model.id} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
    )
  }
  switch (model.access) {
    case 'granted':
      return
    case 'not-granted':
      throw denied("You don't have access to the model with the specified model ID.")
    case 'no-use-case-form':
      throw notFound(
        'Model use case details have not been submitted for this account. Fill out the Anthropic use case details form before using the model. If you have already filled out the form, try again in 15 minutes.',
      )
    case 'no-subscription':
      throw denied(
        'Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access to this model.',
      )
  }
}

function notFound(message: string): BedrockError {
  return new BedrockError('ResourceNotFoundException', message)
}

function denied(message: string): BedrockError {
  return new BedrockError('AccessDeniedException', message)
}
