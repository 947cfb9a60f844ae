import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false } as const
const OneOrMore = Type.Union([Type.String(), Type.Array(Type.String())])
const Conditions = Type.Record(Type.String(), OneOrMore)

const Statement = Type.Object(
  {
    Sid: Type.Optional(Type.String()),
    Effect: Type.Enum(['Allow', 'Deny']),
    Action: OneOrMore,
    Resource: OneOrMore,
    Condition: Type.Optional(
      Type.Object({ StringEquals: Type.Optional(Conditions), StringLike: Type.Optional(Conditions) }, strict),
    ),
  },
  strict,
)
export type Statement = Static<typeof Statement>

/** An identity-based IAM policy, in the part of the grammar that Bedrock needs. */
export const PolicyDocument = Type.Object(
  { Version: Type.Literal('2012-10-17'), Statement: Type.Array(Statement) },
  strict,
)
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
export function decide(
  policy: PolicyDocument,
  question: AccessQuestion,
): 'allowed' | 'explicitly-denied' | 'not-allowed' {
  const effects = policy.Statement.filter(statement => applies(statement, question)).map(
    ({ Effect }) => Effect,
  )
  if (effects.includes('Deny')) return 'explicitly-denied'
  return effects.includes('Allow') ? 'allowed' : 'not-allowed'
}

function applies({ Action, Resource, Condition }: Statement, question: AccessQuestion): boolean {
  return (
    [Action].flat().some(pattern => isLike(question.action, pattern, 'i')) &&
    [Resource].flat().some(pattern => isLike(question.resource, pattern)) &&
    holds(Condition?.StringEquals, question, (value, wanted) => value === wanted) &&
    holds(Condition?.StringLike, question, isLike)
  )
}

function holds(
  conditions: Static<typeof Conditions> | undefined,
  { context }: AccessQuestion,
  matches: (value: string, wanted: string) => boolean,
): boolean {
  return Object.entries(conditions ?? {}).every(([key, wanted]) => {
    const value = context[key]
    return value !== undefined && [wanted].flat().some(one => matches(value, one))
  })
}

/** `*` stands for any text, `?` for any one character. */
function isLike(text: string, pattern: string, flags = ''): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${expression}$`, flags).test(text)
}
