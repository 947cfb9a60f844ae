import type { Account } from '../account/account.ts'
import { decideAccess } from '../account/policy.ts'
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
  caller: Caller,
  action: string,
  { profile, modelArns }: InvokedModel,
): void {
  const context = profile ? { 'bedrock:InferenceProfileArn': profile.arn } : {}
  if (caller.credential === 'api-key') {
    requireAccess(account, caller, 'bedrock:CallWithBearerToken', '*', {})
  }
  if (profile) requireAccess(account, caller, action, profile.arn, {})
  for (const arn of modelArns) requireAccess(account, caller, action, arn, context)
}

function requireAccess(
  account: Account,
  { arn, policyArn }: Caller,
  action: string,
  resource: string,
  context: Readonly<Record<string, string>>,
): void {
  const decision = decideAccess(account.policyOf(policyArn), { action, resource, context })
  if (decision === 'allowed') return
  const reason =
    decision === 'explicitly-denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`
  throw new BedrockError(
    'AccessDeniedException',
    `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
    'authorisation',
  )
}
