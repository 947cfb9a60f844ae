/** A user or a session of a role. */
export interface Principal {
  readonly arn: string
  /** The ARN whose policy counts: the user's own, or that of the role of which this is a session. */
  readonly policyArn: string
}

/** A session of a role; its ARN has lost the role's path, as with AWS. */
export function sessionPrincipal(roleArn: string, sessionName: string): Principal {
  const [, partition, account, role] = /^(arn:[^:]+):iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(roleArn) ?? []
  return { arn: `${partition}:sts::${account}:assumed-role/${role}/${sessionName}`, policyArn: roleArn }
}
