/** Who calls. */
export interface Principal {
  readonly arn: string
  /** The ARN whose policy counts: the user's own, or the role's of which this is a session. */
  readonly policyArn: string
  readonly credential: 'access-key' | 'session' | 'api-key'
}

/** The principal behind the ARN of a user or of an assumed role. */
export function principalOf(arn: string, credential: Principal['credential']): Principal {
  const session = /^(arn:[^:]+):sts::(\d+):assumed-role\/([^/]+)\/[^/]+$/.exec(arn)
  return {
    arn,
    policyArn: session ? `${session[1]}:iam::${session[2]}:role/${session[3]}` : arn,
    credential,
  }
}
