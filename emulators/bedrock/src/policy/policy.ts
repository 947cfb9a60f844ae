type OneOrMore = string | readonly string[]

export interface Statement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: OneOrMore
  readonly Resource: OneOrMore
  readonly Condition?: Readonly<
    Partial<Record<'StringEquals' | 'StringLike', Readonly<Record<string, OneOrMore>>>>
  >
}

/** An identity-based IAM policy, in the part of the grammar that Bedrock needs. */
export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

export interface AccessQuestion {
  readonly action: string
  readonly resource: string
  /** Values of condition keys, such as `bedrock:InferenceProfileArn`. */
  readonly context: Readonly<Record<string, string>>
}

export type Decision = 'allowed' | 'explicitly-denied' | 'not-allowed'

/**
 * Decides as IAM does: a matching Deny wins, then a matching Allow, else nothing is allowed
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
 */
export function decide(policy: PolicyDocument, question: AccessQuestion): Decision {
  const effects = policy.Statement.filter(statement => applies(statement, question)).map(
    ({ Effect }) => Effect,
  )
  if (effects.includes('Deny')) return 'explicitly-denied'
  return effects.includes('Allow') ? 'allowed' : 'not-allowed'
}

function applies({ Action, Resource, Condition }: Statement, question: AccessQuestion): boolean {
  return (
    list(Action).some(pattern => isLike(question.action, pattern, 'i')) &&
    list(Resource).some(pattern => isLike(question.resource, pattern)) &&
    holds(Condition?.StringEquals, question, (value, wanted) => value === wanted) &&
    holds(Condition?.StringLike, question, isLike)
  )
}

function holds(
  conditions: Readonly<Record<string, OneOrMore>> | undefined,
  { context }: AccessQuestion,
  matches: (value: string, wanted: string) => boolean,
): boolean {
  return Object.entries(conditions ?? {}).every(([key, wanted]) => {
    const value = context[key]
    return value !== undefined && list(wanted).some(one => matches(value, one))
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

function list(value: OneOrMore): readonly string[] {
  return typeof value === 'string' ? [value] : value
}
