import { strictObject } from '@entra-agents/emulator-kit'
import { type Static, Type } from 'typebox'

const OneOrMore = Type.Union([Type.String(), Type.Array(Type.String())])
const Statement = strictObject({
  Sid: Type.Optional(Type.String()),
  Effect: Type.Enum(['Allow', 'Deny']),
  Action: OneOrMore,
  Resource: OneOrMore,
  Condition: Type.Optional(strictObject({ StringEquals: Type.Record(Type.String(), OneOrMore) })),
})
export type Statement = Static<typeof Statement>

/** An identity-based IAM policy, restricted to the elements that Bedrock needs. */
export const PolicyDocument = strictObject({
  Version: Type.Literal('2012-10-17'),
  Statement: Type.Array(Statement),
})
export type PolicyDocument = Static<typeof PolicyDocument>

export interface AccessQuestion {
  readonly action: string
  readonly resource: string
  /** Values of condition keys, such as `bedrock:InferenceProfileArn`. */
  readonly context: Readonly<Record<string, string>>
}

/**
 * Decides as IAM does: a matching Deny wins, then a matching Allow, else nothing is allowed
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
 */
export function decideAccess({ Statement: statements }: PolicyDocument, question: AccessQuestion) {
  const effects = statements.flatMap(one => (appliesTo(one, question) ? one.Effect : []))
  if (effects.includes('Deny')) return 'explicitly-denied'
  return effects.includes('Allow') ? 'allowed' : 'not-allowed'
}

function appliesTo({ Action, Resource, Condition }: Statement, question: AccessQuestion): boolean {
  const { action, resource, context } = question
  return (
    [Action].flat().some(pattern => matchesPattern(action, pattern, 'i')) &&
    [Resource].flat().some(pattern => matchesPattern(resource, pattern)) &&
    Object.entries(Condition?.StringEquals ?? {}).every(([key, wanted]) =>
      [wanted].flat().includes(context[key] ?? ''),
    )
  )
}

/** `*` stands for any text, `?` for any one character. */
function matchesPattern(text: string, pattern: string, flags = ''): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${expression}$`, flags).test(text)
}
