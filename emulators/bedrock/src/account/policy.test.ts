import { describe, expect, it } from 'vitest'
import { decideAccess, type Statement } from './policy.ts'

const accessQuestion = {
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

function decision(...statements: Statement[]) {
  return decideAccess({ Version: '2012-10-17', Statement: statements }, accessQuestion)
}

describe('decideAccess', () => {
  it.each<[string, Statement, string]>(
    // biome-ignore format: table
    [
      ['the action by name', allow(), 'allowed'],
      ['the action in another case', allow({ Action: 'Bedrock:invokemodel' }), 'allowed'],
      ['actions by pattern', allow({ Action: ['s3:*', 'bedrock:Invoke*'] }), 'allowed'],
      ['another action', allow({ Action: 'bedrock:InvokeModelWithResponseStream' }), 'not-allowed'],
      ['a longer action', allow({ Action: 'bedrock:InvokeMode?' }), 'allowed'],
      ['the resource by pattern', allow({ Resource: 'arn:aws:bedrock:*::foundation-model/anthropic.*' }), 'allowed'],
      ['another region', allow({ Resource: 'arn:aws:bedrock:eu-*::foundation-model/*' }), 'not-allowed'],
      ['a resource in another case', allow({ Resource: accessQuestion.resource.toUpperCase() }), 'not-allowed'],
      ['a call that meets a condition', allow({ Condition: { StringEquals: accessQuestion.context } }), 'allowed'],
      ['a call that does not meet a condition', allow({ Condition: { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } } }), 'not-allowed'],
    ],
  )('evaluates a statement about %s', (_what, statement, expected) => {
    expect(decision(statement)).toBe(expected)
  })

  it('lets a `Deny` statement win over every `Allow` statement, in any order', () => {
    const deny = allow({ Effect: 'Deny' })
    expect(decision(deny, allow())).toBe('explicitly-denied')
    expect(decision(allow(), deny)).toBe('explicitly-denied')
  })

  it('allows nothing if the policy has no statement', () => {
    expect(decision()).toBe('not-allowed')
  })
})
