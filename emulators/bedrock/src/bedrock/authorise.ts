import type { Account } from '../account/account.ts'
import { type AccessQuestion, decideAccess } from '../account/policy.ts'
import type { Caller } from '../authentication/authenticate.ts'
import { BedrockError } from '../wire/bedrock-error.ts'
import type { InvokedModel } from './invoked-model.ts'

/**
 * Checks that the caller's policy allows *every* model that is called and, if they are used, inference profile and API key.
 *
 * @throws {BedrockError} with IAM's text
 */
export function authorise(
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
