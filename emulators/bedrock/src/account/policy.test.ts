import { expect, it } from 'vitest'
import { decideAccess, type Statement } from './policy.ts'

const question = {
  action: 'bedrock:InvokeModel',
  resource: 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-5-5',
  context: { 'bedrock:InferenceProfileArn': 'arn:aws:bedrock:us-east-1:1:inference-profile/us.a' },
}
const allow = (statement: Partial<Statement> = {}): Statement => ({
  Effect: 'Allow',
  Action: 'bedrock:InvokeModel',
  Resource: '*',
  ...statement,
})
const deny = allow({ Effect: 'Deny' })
const inRegion = { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }

it.each<[string, string, Statement[]]>([
  ['allowed', 'the action by name', [allow()]],
  ['allowed', 'the action in another case', [allow({ Action: 'Bedrock:invokemodel' })]],
  ['allowed', 'actions by pattern', [allow({ Action: ['s3:*', 'bedrock:Invoke*'] })]],
  ['allowed', 'an action with one more character', [allow({ Action: 'bedrock:InvokeMode?' })]],
  ['allowed', 'the resource by pattern', [allow({ Resource: 'arn:aws:bedrock:*::foundation-model/*' })]],
  ['allowed', 'a condition that is met', [allow({ Condition: { StringEquals: question.context } })]],
  ['not-allowed', 'another action', [allow({ Action: `${question.action}WithResponseStream` })]],
  ['not-allowed', 'another region', [allow({ Resource: 'arn:aws:bedrock:eu-*::foundation-model/*' })]],
  ['not-allowed', 'a resource in another case', [allow({ Resource: question.resource.toUpperCase() })]],
  ['not-allowed', 'a condition that is not met', [allow({ Condition: inRegion })]],
  ['not-allowed', 'nothing', []],
  ['explicitly-denied', 'a denial before a permission', [deny, allow()]],
  ['explicitly-denied', 'a denial after a permission', [allow(), deny]],
])('An action is %s by a policy with %s', (expected, _what, Statement) => {
  expect(decideAccess({ Version: '2012-10-17', Statement }, question)).toBe(expected)
})
